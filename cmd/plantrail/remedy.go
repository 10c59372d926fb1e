package main

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"plantrail/pipeline"
	"plantrail/pipeline/store"
	"plantrail/pipeline/table"
)

// A remedied error is one with what the person at the command line can do about it.
// Libraries say what is wrong, and know of no flags.
type remedied struct {
	error
	remedy string
}

// Error implements error.
func (e *remedied) Error() string { return e.error.Error() + ": " + e.remedy }

// Unwrap returns the error without its remedy.
func (e *remedied) Unwrap() error { return e.error }

// withRemedy adds to an error what can be done about it, if that is known.
func withRemedy(err error) error {
	if remedy := remedyOf(err); remedy != "" {
		return &remedied{err, remedy}
	}
	return err
}

// remedyOf returns what can be done about an error, in the words of the command line.
func remedyOf(err error) string {
	var scheme *table.SchemeError
	var network *net.OpError
	var name *net.DNSError
	switch {
	case errors.Is(err, pipeline.ErrNoSource):
		return "write --source s3://my-trail"
	case errors.As(err, &scheme):
		return fmt.Sprintf("run with --partition %s, or write another table", scheme.Have)
	case errors.Is(err, table.ErrNone):
		return "name the place that plantrail run has written with --table"
	case errors.As(err, &name) && name.IsNotFound:
		return "look at the endpoint or the region, and whether this machine reaches the network"
	case errors.As(err, &network) && errors.Is(err, syscall.ECONNREFUSED):
		return "look at the endpoint, and whether the server runs"
	case errors.Is(err, store.ErrDenied):
		return "these credentials may not do that: the least permissions are in cmd/plantrail/deploy/iam"
	}
	return ""
}
