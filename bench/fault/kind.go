package fault

import (
	"fmt"
	"net/http"
	"strings"
)

// A Kind is a kind of fault.
type Kind int

const (
	// SlowDown answers 503 SlowDown.
	SlowDown Kind = iota
	// Internal answers 500 InternalError.
	Internal
	// ResetBefore resets the connection before there is an answer.
	ResetBefore
	// ResetWithin resets the connection in the middle of the answer's body.
	ResetWithin
	// Short announces the whole body, and closes after half of it.
	Short
	// StallBefore is silent for a time before it answers.
	StallBefore
	// StallWithin is silent for a time in the middle of the answer's body.
	StallWithin
	// Missing answers 404 NoSuchKey for a log file that there is.
	Missing
	// WrongBytes changes a bit of a log file, which its CRC tells, or of what
	// Config.WrongSuffix says.
	WrongBytes
	// LostAnswer has a put carried out, and resets the connection instead of
	// saying so.
	LostAnswer

	// Denied answers 403 AccessDenied below the denied prefix. It is not left to
	// chance.
	Denied
	// Throttled answers 503 SlowDown above the limit. It is not left to chance.
	Throttled
)

// logFile ends the keys of log files.
const logFile = ".json.gz"

// Kinds returns all that are left to chance.
func Kinds() []Kind {
	return []Kind{
		SlowDown, Internal, ResetBefore, ResetWithin, Short,
		StallBefore, StallWithin, Missing, WrongBytes, LostAnswer,
	}
}

// String returns the kind's name.
func (k Kind) String() string {
	names := []string{
		"slow down", "internal error", "reset before", "reset within", "short body",
		"stall before", "stall within", "missing", "wrong bytes", "lost answer", "denied", "throttled",
	}
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return names[k]
}

// fits reports whether a request can meet the fault. wrong ends the keys whose
// bytes can be.
func (k Kind) fits(r *http.Request, wrong string) bool {
	switch k {
	case ResetWithin, Short, StallWithin:
		return r.Method == http.MethodGet
	case Missing:
		return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, logFile)
	case WrongBytes:
		return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, wrong)
	case LostAnswer:
		return r.Method == http.MethodPut
	case SlowDown, Internal, ResetBefore, StallBefore:
		return true
	case Denied, Throttled: // not by what the request is
	}
	return false
}
