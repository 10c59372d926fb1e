package digest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrLimit says that a digest is larger than one can be, so that it was not read
// to its end.
var ErrLimit = errors.New("larger than a digest can be")

// Limits bound what is read of a digest. What exceeds them is an error.
type Limits struct {
	Inflated int // bytes
	LogFiles int // named by one digest
	Depth    int // of nested JSON
	Text     int // bytes of one string
}

// DefaultLimits returns bounds far above what CloudTrail delivers: an hour of a busy
// region has some thousand log files, each some 350 bytes of a digest; a key has
// at most 1024 bytes, each of which an escape may make six of.
func DefaultLimits() Limits {
	return Limits{Inflated: 64 << 20, LogFiles: 100_000, Depth: 16, Text: 6 << 10}
}

// A Hash is SHA-256 of inflated bytes.
type Hash [sha256.Size]byte

// String returns the hash in hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// A Digest is what a digest says.
type Digest struct {
	Account     string
	Start, End  time.Time
	Bucket      string // where it says that it lies
	Object      string // the key, likewise
	Fingerprint string // of the key that it is signed with
	Previous    *Previous
	LogFiles    []LogFile

	Hash Hash // of the digest itself

	endText string // as it is signed
}

// Previous is what a digest says of its predecessor.
type Previous struct {
	Bucket, Object string
	Hash           Hash
	Signature      string // hexadecimal digits
}

// A LogFile is what a digest says of a log file.
type LogFile struct {
	Bucket, Object string
	Hash           Hash
}

// The algorithms that CloudTrail uses. There have never been others.
const (
	signatureAlgorithm = "SHA256withRSA"
	hashAlgorithm      = "SHA-256"
)

// maxSignature is the hexadecimal digits of a signature by the largest key.
const maxSignature = maxBits / 4

// Parse reads a digest, inflated. It is strict: a digest that CloudTrail cannot have
// written is an error.
func Parse(raw []byte, limits Limits) (*Digest, error) {
	if len(raw) > limits.Inflated {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are read", ErrLimit, len(raw), limits.Inflated)
	}
	p := parser{cursor: cursor{in: raw, limit: &limits}, texts: map[string]string{}}
	if err := p.object(p.field); err != nil {
		return nil, err
	}
	if err := p.end(); err != nil {
		return nil, err
	}
	p.digest.Hash = sha256.Sum256(raw)
	return p.finish()
}

type parser struct {
	cursor
	digest Digest
	texts  map[string]string // the top level's; a null is absent here
	seen   [len(fieldNames)]bool
	files  bool
}

// fieldNames are the texts of a digest that are read. The first are needed; the
// others may be null.
var fieldNames = [...]string{ //nolint:gochecknoglobals // a constant
	"awsAccountId", "digestStartTime", "digestEndTime", "digestS3Bucket", "digestS3Object", "digestPublicKeyFingerprint",
	"digestSignatureAlgorithm", "previousDigestS3Bucket", "previousDigestS3Object", "previousDigestHashValue",
	"previousDigestHashAlgorithm", "previousDigestSignature",
}

// needed is how many of fieldNames a digest must have.
const needed = 6

func (p *parser) field(name string) error {
	if name == "logFiles" {
		if p.files {
			return errors.New("logFiles twice")
		}
		p.files = true
		return p.list('[', ']', p.logFile)
	}
	for i, known := range fieldNames {
		if name != known {
			continue
		}
		if p.seen[i] {
			return fmt.Errorf("%s twice", name)
		}
		p.seen[i] = true
		text, ok, err := p.textOrNull()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if ok {
			p.texts[known] = text
		}
		return nil
	}
	return p.skip()
}

func (p *parser) logFile() error {
	if len(p.digest.LogFiles) == p.limit.LogFiles {
		return fmt.Errorf("%w: it names more than %d log files", ErrLimit, p.limit.LogFiles)
	}
	var file LogFile
	var hash, algorithm string
	texts := map[string]*string{"s3Bucket": &file.Bucket, "s3Object": &file.Object, "hashValue": &hash, "hashAlgorithm": &algorithm}
	err := p.object(func(name string) error {
		to := texts[name]
		if to == nil {
			return p.skip()
		}
		if *to != "" {
			return fmt.Errorf("%s twice", name)
		}
		text, err := p.text()
		*to = text
		return err
	})
	if err == nil && (file.Bucket == "" || file.Object == "") {
		err = errors.New("it has no s3Bucket or s3Object")
	}
	if err == nil && algorithm != hashAlgorithm {
		err = fmt.Errorf("hashAlgorithm %.40q: want %s", algorithm, hashAlgorithm)
	}
	if err == nil {
		file.Hash, err = parseHash(hash)
	}
	if err != nil {
		return fmt.Errorf("log file %d: %w", len(p.digest.LogFiles)+1, err)
	}
	p.digest.LogFiles = append(p.digest.LogFiles, file)
	return nil
}

// finish makes a digest of the texts.
func (p *parser) finish() (*Digest, error) {
	for _, name := range fieldNames[:needed] {
		if p.texts[name] == "" {
			return nil, fmt.Errorf("no %s", name)
		}
	}
	if !p.files {
		return nil, errors.New("no logFiles")
	}
	d := &p.digest
	d.Account, d.Bucket, d.Object = p.texts["awsAccountId"], p.texts["digestS3Bucket"], p.texts["digestS3Object"]
	d.Fingerprint, d.endText = p.texts["digestPublicKeyFingerprint"], p.texts["digestEndTime"]
	if strings.ContainsRune(d.endText+d.Bucket, '\n') {
		return nil, errors.New("a line break in digestEndTime or digestS3Bucket")
	}
	if algorithm, ok := p.texts["digestSignatureAlgorithm"]; ok && algorithm != signatureAlgorithm {
		return nil, fmt.Errorf("digestSignatureAlgorithm %.40q: want %s", algorithm, signatureAlgorithm)
	}
	var err error
	if d.Start, err = parseTime("digestStartTime", p.texts["digestStartTime"]); err != nil {
		return nil, err
	}
	if d.End, err = parseTime("digestEndTime", d.endText); err != nil {
		return nil, err
	}
	if !d.Start.Before(d.End) {
		return nil, fmt.Errorf("it begins at %s and ends at %s", d.Start.Format(time.RFC3339), d.End.Format(time.RFC3339))
	}
	if d.Previous, err = p.previous(); err != nil {
		return nil, err
	}
	return d, nil
}

// previous reads what is said of the predecessor: all of it, or nothing.
func (p *parser) previous() (*Previous, error) {
	set := 0
	for _, name := range []string{"previousDigestS3Bucket", "previousDigestS3Object", "previousDigestHashValue", "previousDigestSignature"} {
		if p.texts[name] != "" {
			set++
		}
	}
	switch {
	case set == 0:
		return nil, nil //nolint:nilnil // no predecessor is no error
	case set < 4:
		return nil, errors.New("it names a predecessor in part")
	}
	if algorithm, ok := p.texts["previousDigestHashAlgorithm"]; ok && algorithm != hashAlgorithm {
		return nil, fmt.Errorf("previousDigestHashAlgorithm %.40q: want %s", algorithm, hashAlgorithm)
	}
	hash, err := parseHash(p.texts["previousDigestHashValue"])
	if err != nil {
		return nil, fmt.Errorf("previousDigestHashValue: %w", err)
	}
	signature := p.texts["previousDigestSignature"]
	if len(signature) > maxSignature {
		return nil, fmt.Errorf("previousDigestSignature has %d digits, at most %d are read", len(signature), maxSignature)
	}
	return &Previous{Bucket: p.texts["previousDigestS3Bucket"], Object: p.texts["previousDigestS3Object"], Hash: hash, Signature: signature}, nil
}

func parseTime(name, text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s %.40q: want 2006-01-02T15:04:05Z", name, text)
	}
	return t.UTC(), nil
}

func parseHash(text string) (h Hash, err error) {
	if len(text) != hex.EncodedLen(len(h)) {
		return h, fmt.Errorf("a hash of %d digits: want %d", len(text), hex.EncodedLen(len(h)))
	}
	if _, err := hex.Decode(h[:], []byte(text)); err != nil {
		return h, fmt.Errorf("hash %q: %w", text, err)
	}
	return h, nil
}

// signed returns the hash of the text that CloudTrail signs.
func (d *Digest) signed() [sha256.Size]byte {
	previous := "null"
	if d.Previous != nil {
		previous = d.Previous.Signature
	}
	return sha256.Sum256([]byte(d.endText + "\n" + d.Bucket + "/" + d.Object + "\n" + d.Hash.String() + "\n" + previous))
}
