package digest

import (
	"errors"
	"fmt"
	"time"
)

// Metadata is what an object's metadata say of a digest. A directory, and most
// copies, have none.
type Metadata struct {
	Signature string // hexadecimal digits
	Algorithm string
	Generated string // when a backfill digest was made
}

// MetadataOf reads the metadata of an object, by their names without x-amz-meta-.
func MetadataOf(fields map[string]string) Metadata {
	return Metadata{
		Signature: fields["signature"], Algorithm: fields["signature-algorithm"], Generated: fields["backfill-generation-timestamp"],
	}
}

// An Object is one digest's object as it was found.
type Object struct {
	Name   Name
	Bucket string // where it lies; "" in a directory
	Key    string

	Digest     *Digest // nil where one of these is set
	Unreadable error   // why its bytes cannot be had
	Malformed  error   // why its bytes are no digest

	metadata  bool   // whether there is a signature in its metadata
	written   string // that signature
	signature error  // why it does not hold
}

// Unread returns the object of a digest whose bytes the store does not give.
func Unread(name Name, bucket, key string, err error) *Object {
	return &Object{Name: name, Bucket: bucket, Key: key, Unreadable: err}
}

// Corrupt returns the object of a digest whose bytes cannot be inflated.
func Corrupt(name Name, bucket, key string, err error) *Object {
	return &Object{Name: name, Bucket: bucket, Key: key, Malformed: err}
}

// Inspect reads a digest, inflated, and checks what can be checked of it alone.
func Inspect(name Name, bucket, key string, raw []byte, metadata Metadata, keys *Keys, limits Limits) *Object {
	o := &Object{Name: name, Bucket: bucket, Key: key}
	d, err := Parse(raw, limits)
	switch {
	case errors.Is(err, ErrLimit):
		o.Unreadable = err
		return o
	case err != nil:
		o.Malformed = err
		return o
	}
	o.Digest = d
	if metadata.Signature == "" && metadata.Algorithm == "" {
		return o
	}
	o.metadata, o.written = true, metadata.Signature
	o.signature = checkMetadata(name, d, metadata, keys)
	return o
}

func checkMetadata(name Name, d *Digest, metadata Metadata, keys *Keys) error {
	switch {
	case metadata.Signature == "":
		return fmt.Errorf("%w: the metadata have none", errSignature)
	case metadata.Algorithm != signatureAlgorithm:
		return fmt.Errorf("%w: the metadata say %.40q, want %s", errSignature, metadata.Algorithm, signatureAlgorithm)
	}
	from, to := d.Start, d.End
	if name.Backfill {
		generated, err := time.Parse(time.RFC3339, metadata.Generated)
		if err != nil {
			return fmt.Errorf("%w: the metadata do not say when the backfill was made", errSignature)
		}
		from, to = generated, generated
	}
	return keys.check(d, metadata.Signature, from, to)
}

// misplaced says why a digest does not lie where it says, if so. Where only the
// bucket or what stands before AWSLogs differs, it is a copy.
func (o *Object) misplaced() error {
	d := o.Digest
	_, here := place(o.Key)
	_, there := place(d.Object)
	if len(here) < len(there) && here == there[len(there)-len(here):] && there[len(there)-len(here)-1] == '/' {
		there = here // a flat folder of copies
	}
	switch {
	case here != there:
		return fmt.Errorf("it says that it lies at %.1100q", d.Object)
	case d.Account != o.Name.Account:
		return fmt.Errorf("it says that it is of account %.40q", d.Account)
	}
	return nil
}

// copied reports whether a digest lies elsewhere than CloudTrail put it.
func (o *Object) copied() bool { return o.Digest.Bucket != o.Bucket || o.Digest.Object != o.Key }
