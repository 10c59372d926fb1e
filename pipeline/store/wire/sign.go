package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	// emptyHash is the SHA-256 of a request without a body.
	emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	// timeFormat is of x-amz-date; its first eight bytes are the day.
	timeFormat = "20060102T150405Z"
	dayLength  = 8
)

// A Signer signs GET requests with Signature Version 4. What takes four HMACs,
// the key of a day, is kept until the day or the credentials change; then a
// signature is two hashes of a few hundred bytes. It may be used from many
// goroutines.
type Signer struct {
	region, service string
	day             atomic.Pointer[dayKey]
}

// NewSigner returns one for a region and a service.
func NewSigner(region, service string) *Signer { return &Signer{region: region, service: service} }

// A dayKey is what does not change within a day.
type dayKey struct {
	who          aws.Credentials
	day          string
	scope        string   // day/region/service/aws4_request
	inner, outer [64]byte // the signing key as HMAC mixes it in
}

func (s *Signer) keyOf(who *aws.Credentials, day []byte) *dayKey {
	k := s.day.Load()
	if k != nil && k.day == string(day) && k.who.AccessKeyID == who.AccessKeyID &&
		k.who.SecretAccessKey == who.SecretAccessKey && k.who.SessionToken == who.SessionToken {
		return k
	}
	k = &dayKey{who: *who, day: string(day)}
	k.scope = k.day + "/" + s.region + "/" + s.service + "/aws4_request"
	key := [sha256.Size]byte{}
	secret := []byte("AWS4" + who.SecretAccessKey)
	for _, part := range []string{k.day, s.region, s.service, "aws4_request"} {
		k.mix(secret)
		key = k.hmac(nil, []byte(part))
		secret = key[:]
	}
	k.mix(secret)
	s.day.Store(k)
	return k
}

// mix makes secret the key of hmac.
func (k *dayKey) mix(secret []byte) {
	if len(secret) > len(k.inner) {
		hashed := sha256.Sum256(secret)
		secret = hashed[:]
	}
	k.inner, k.outer = [64]byte{}, [64]byte{}
	copy(k.inner[:], secret)
	copy(k.outer[:], secret)
	for i := range k.inner {
		k.inner[i] ^= 0x36
		k.outer[i] ^= 0x5c
	}
}

// hmac returns the HMAC of message. It works in scratch.
func (k *dayKey) hmac(scratch, message []byte) [sha256.Size]byte {
	scratch = append(append(scratch[:0], k.inner[:]...), message...)
	sum := sha256.Sum256(scratch)
	scratch = append(append(scratch[:0], k.outer[:]...), sum[:]...)
	return sha256.Sum256(scratch)
}

// A request is what is signed: GET, with escaped path and canonical query.
type request struct {
	host         string
	path, query  []byte
	owner, payer string // headers that may be empty
}

// appendHeaders appends the headers that a request is signed by, Host among
// them, and the signature. scratch is for what is computed on the way; it is
// returned to be used again.
func (s *Signer) appendHeaders(dst, scratch []byte, r *request, who *aws.Credentials, at time.Time) (headers, rest []byte) {
	var stamp [len(timeFormat)]byte
	date := at.UTC().AppendFormat(stamp[:0], timeFormat)
	k := s.keyOf(who, date[:dayLength])

	// The canonical request. Its headers are in the order of their names.
	c := append(scratch[:0], "GET\n"...)
	c = append(append(c, r.path...), '\n')
	c = append(append(c, r.query...), "\nhost:"...)
	c = append(append(c, r.host...), "\nx-amz-content-sha256:"+emptyHash+"\nx-amz-date:"...)
	c = append(append(c, date...), '\n')
	c = appendIf(c, "x-amz-expected-bucket-owner:", r.owner, "\n")
	c = appendIf(c, "x-amz-request-payer:", r.payer, "\n")
	c = appendIf(c, "x-amz-security-token:", who.SessionToken, "\n")
	c = append(c, '\n')
	names := len(c)
	c = append(c, "host;x-amz-content-sha256;x-amz-date"...)
	if r.owner != "" {
		c = append(c, ";x-amz-expected-bucket-owner"...)
	}
	if r.payer != "" {
		c = append(c, ";x-amz-request-payer"...)
	}
	if who.SessionToken != "" {
		c = append(c, ";x-amz-security-token"...)
	}

	dst = append(append(dst, "Host: "...), r.host...)
	dst = append(dst, "\r\nX-Amz-Content-Sha256: "+emptyHash+"\r\nX-Amz-Date: "...)
	dst = append(append(dst, date...), "\r\n"...)
	dst = appendIf(dst, "X-Amz-Expected-Bucket-Owner: ", r.owner, "\r\n")
	dst = appendIf(dst, "X-Amz-Request-Payer: ", r.payer, "\r\n")
	dst = appendIf(dst, "X-Amz-Security-Token: ", who.SessionToken, "\r\n")
	dst = append(append(dst, "Authorization: AWS4-HMAC-SHA256 Credential="...), who.AccessKeyID...)
	dst = append(append(dst, '/'), k.scope...)
	dst = append(append(dst, ", SignedHeaders="...), c[names:]...)
	dst = append(dst, ", Signature="...)

	c = append(c, "\n"+emptyHash...)
	sum := sha256.Sum256(c)
	c = append(append(c[:0], "AWS4-HMAC-SHA256\n"...), date...)
	c = append(append(append(c, '\n'), k.scope...), '\n')
	c = hex.AppendEncode(c, sum[:])
	signature := k.hmac(c[len(c):], c)
	dst = hex.AppendEncode(dst, signature[:])
	return append(dst, "\r\n"...), c
}

// appendIf appends a header if it has a value.
func appendIf(dst []byte, name, value, end string) []byte {
	if value == "" {
		return dst
	}
	return append(append(append(dst, name...), value...), end...)
}
