// Package digesttest signs chains of digests as CloudTrail does, with keys of its own,
// for tests.
package digesttest

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"plantrail/pipeline/digest"
)

// A Signer has a private key.
type Signer struct{ key *rsa.PrivateKey }

// NewSigner makes a key, which takes a moment.
func NewSigner(bits int) *Signer {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return &Signer{key: key}
}

// Signers returns two signers, always the same in one program.
func Signers() (first, second *Signer) { return signers() }

var signers = sync.OnceValues(func() (first, second *Signer) { return NewSigner(2048), NewSigner(2048) })

// Key returns the public key.
func (s *Signer) Key() digest.Key {
	der := x509.MarshalPKCS1PublicKey(&s.key.PublicKey)
	sum := sha256.Sum256(der)
	return digest.Key{
		Fingerprint: hex.EncodeToString(sum[:16]), Value: der,
		From: time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// Sign returns the signature of a digest's body.
func (s *Signer) Sign(body *Body, raw []byte) string {
	previous := "null"
	if body.PreviousDigestSignature != nil {
		previous = *body.PreviousDigestSignature
	}
	text := fmt.Sprintf("%s\n%s/%s\n%x\n%s", body.DigestEndTime, body.DigestS3Bucket, body.DigestS3Object, sha256.Sum256(raw), previous)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return hex.EncodeToString(signature)
}

// A Body is a digest as CloudTrail writes it.
type Body struct {
	AwsAccountID                string    `json:"awsAccountId"`
	DigestStartTime             string    `json:"digestStartTime"`
	DigestEndTime               string    `json:"digestEndTime"`
	DigestS3Bucket              string    `json:"digestS3Bucket"`
	DigestS3Object              string    `json:"digestS3Object"`
	DigestPublicKeyFingerprint  string    `json:"digestPublicKeyFingerprint"`
	DigestSignatureAlgorithm    string    `json:"digestSignatureAlgorithm"`
	NewestEventTime             *string   `json:"newestEventTime"`
	OldestEventTime             *string   `json:"oldestEventTime"`
	PreviousDigestS3Bucket      *string   `json:"previousDigestS3Bucket"`
	PreviousDigestS3Object      *string   `json:"previousDigestS3Object"`
	PreviousDigestHashValue     *string   `json:"previousDigestHashValue"`
	PreviousDigestHashAlgorithm *string   `json:"previousDigestHashAlgorithm"`
	PreviousDigestSignature     *string   `json:"previousDigestSignature"`
	LogFiles                    []LogFile `json:"logFiles"`
}

// A LogFile is one that a digest names.
type LogFile struct {
	S3Bucket        string `json:"s3Bucket"`
	S3Object        string `json:"s3Object"`
	HashValue       string `json:"hashValue"`
	HashAlgorithm   string `json:"hashAlgorithm"`
	NewestEventTime string `json:"newestEventTime"`
	OldestEventTime string `json:"oldestEventTime"`
}

// An Object is a digest or a log file as it is stored.
type Object struct {
	Body     []byte // gzip
	Metadata map[string]string
}

// A Bucket is objects by their keys.
type Bucket map[string]Object

// Gzip returns a body compressed.
func Gzip(raw []byte) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(raw); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

// A Trail delivers log files and digests of one account and region.
type Trail struct {
	Signer  *Signer
	Bucket  string // its name
	Root    string // [prefix/]AWSLogs/[o-…/]
	Account string
	Region  string
	Name    string
	Home    string
	Objects Bucket // where it delivers to

	Now      time.Time // the end of the last digest
	Backfill bool
	previous *previous
	count    int
}

type previous struct{ bucket, key, hash, signature string }

// LogFile delivers a log file in the hour after Now, and returns what its digest says.
func (t *Trail) LogFile(raw []byte) LogFile {
	t.count++
	at := t.Now.Add(time.Duration(1+t.count*7%58) * time.Minute)
	key := fmt.Sprintf("%s%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_%s%012d.json.gz", t.Root, t.Account, t.Region, at.Format("2006/01/02"),
		t.Account, t.Region, at.Format("20060102T1504Z"), t.Name[:4], t.count)
	t.Objects[key] = Object{Body: Gzip(raw)}
	stamp := at.Format(time.RFC3339)
	return LogFile{
		S3Bucket: t.Bucket, S3Object: key, HashValue: fmt.Sprintf("%x", sha256.Sum256(raw)), HashAlgorithm: "SHA-256",
		NewestEventTime: stamp, OldestEventTime: stamp,
	}
}

// Key returns the key of a digest that ends at a time.
func (t *Trail) Key(end time.Time) string {
	suffix := ""
	if t.Backfill {
		suffix = "_backfill"
	}
	return fmt.Sprintf("%s%s/CloudTrail-Digest/%s/%s/%s_CloudTrail-Digest_%s_%s_%s_%s%s.json.gz", t.Root, t.Account, t.Region,
		end.Format("2006/01/02"), t.Account, t.Region, t.Name, t.Home, end.Format("20060102T150405Z"), suffix)
}

// Digest delivers the digest of the hour after Now, and returns its key. edit, if not
// nil, may change what is signed.
func (t *Trail) Digest(edit func(*Body), files ...LogFile) string {
	end := t.Now.Add(time.Hour)
	key := t.Key(end)
	body := &Body{
		AwsAccountID: t.Account, DigestStartTime: t.Now.Format(time.RFC3339), DigestEndTime: end.Format(time.RFC3339),
		DigestS3Bucket: t.Bucket, DigestS3Object: key, DigestPublicKeyFingerprint: t.Signer.Key().Fingerprint,
		DigestSignatureAlgorithm: "SHA256withRSA", LogFiles: append([]LogFile{}, files...),
	}
	if p := t.previous; p != nil {
		algorithm := "SHA-256"
		body.PreviousDigestS3Bucket, body.PreviousDigestS3Object = &p.bucket, &p.key
		body.PreviousDigestHashValue, body.PreviousDigestHashAlgorithm = &p.hash, &algorithm
		body.PreviousDigestSignature = &p.signature
	}
	if edit != nil {
		edit(body)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	signature := t.Signer.Sign(body, raw)
	metadata := map[string]string{"signature": signature, "signature-algorithm": "SHA256withRSA"}
	if t.Backfill {
		metadata["backfill-generation-timestamp"] = end.Add(72 * time.Hour).Format(time.RFC3339)
	}
	t.Objects[key] = Object{Body: Gzip(raw), Metadata: metadata}
	t.previous = &previous{t.Bucket, key, fmt.Sprintf("%x", sha256.Sum256(raw)), signature}
	t.Now = end
	return key
}

// Stop lets hours pass without digests; the next one has no predecessor.
func (t *Trail) Stop(hours int) {
	t.Now = t.Now.Add(time.Duration(hours) * time.Hour)
	t.previous = nil
}

// Resign puts a changed digest in the place of one, signed by signer.
func Resign(objects Bucket, key string, signer *Signer, change func(*Body)) {
	r, err := gzip.NewReader(bytes.NewReader(objects[key].Body))
	if err != nil {
		panic(err)
	}
	var body Body
	if err := json.NewDecoder(r).Decode(&body); err != nil {
		panic(err)
	}
	change(&body)
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	metadata := maps.Clone(objects[key].Metadata)
	metadata["signature"] = signer.Sign(&body, raw)
	objects[key] = Object{Body: Gzip(raw), Metadata: metadata}
}
