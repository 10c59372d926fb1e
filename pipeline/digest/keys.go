package digest

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

const (
	// CloudTrail's keys have 2048 bits. A larger key costs time at each signature,
	// with the square of its bits; a smaller one proves nothing.
	minBits, maxBits = 2048, 4096
	// maxDER is room for a key of twice the bits, which can be named.
	maxDER = 8 << 10
	// maxKeysFile is some ten thousand keys. A region has a new one every few weeks.
	maxKeysFile = 16 << 20
	// validityMargin is how long before and after its validity a key may have
	// signed. A digest is signed some minutes after the hour it is of.
	validityMargin = 24 * time.Hour
)

// A Key is a public key of CloudTrail's.
type Key struct {
	Fingerprint string
	From, To    time.Time // when it signs; zero: not known
	Value       []byte    // PKCS #1, DER
}

// keyJSON is a key as the AWS CLI prints it.
type keyJSON struct {
	Value             []byte   `json:"Value"`
	ValidityStartTime jsonTime `json:"ValidityStartTime"`
	ValidityEndTime   jsonTime `json:"ValidityEndTime"`
	Fingerprint       string   `json:"Fingerprint"`
}

type keysJSON struct {
	PublicKeyList []keyJSON `json:"PublicKeyList"`
}

// A jsonTime is a time as text, or as a number of seconds since 1970: the AWS CLI
// prints both, by its configuration, and CloudTrail itself answers with numbers.
type jsonTime struct{ time.Time }

// UnmarshalJSON reads a time, a number or null.
func (t *jsonTime) UnmarshalJSON(raw []byte) error {
	if bytes.Equal(raw, []byte("null")) {
		return nil
	}
	if seconds, err := strconv.ParseFloat(string(raw), 64); err == nil {
		const last = 253402300799 // the end of the year 9999
		if seconds < 0 || seconds > last {
			return fmt.Errorf("%s seconds is no time of a key", raw)
		}
		t.Time = time.UnixMilli(int64(seconds * 1000)).UTC()
		return nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return fmt.Errorf("%.40s is no time", raw)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05-0700", "2006-01-02 15:04:05Z07:00"} {
		if parsed, err := time.Parse(layout, text); err == nil {
			t.Time = parsed.UTC()
			return nil
		}
	}
	return fmt.Errorf("%.40q is no time", text)
}

// MarshalJSON writes a time as text, and none as null.
func (t jsonTime) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.Format(time.RFC3339))
}

// ReadKeys reads what aws cloudtrail list-public-keys prints.
func ReadKeys(raw []byte) ([]Key, error) {
	if len(raw) > maxKeysFile {
		return nil, fmt.Errorf("%d bytes: a file of public keys has at most %d", len(raw), maxKeysFile)
	}
	var list struct {
		PublicKeyList *[]struct {
			keyJSON
			Value string `json:"Value"`
		} `json:"PublicKeyList"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("not what aws cloudtrail list-public-keys prints: %w", err)
	}
	if list.PublicKeyList == nil {
		return nil, errors.New("not what aws cloudtrail list-public-keys prints: no PublicKeyList")
	}
	var keys []Key
	for i, k := range *list.PublicKeyList {
		value, err := base64.StdEncoding.DecodeString(k.Value)
		switch {
		case k.Fingerprint == "":
			return nil, fmt.Errorf("key %d: no Fingerprint", i+1)
		case err != nil:
			return nil, fmt.Errorf("key %.80q: Value is not base64", k.Fingerprint)
		}
		keys = append(keys, Key{Fingerprint: k.Fingerprint, From: k.ValidityStartTime.Time, To: k.ValidityEndTime.Time, Value: value})
	}
	return keys, nil
}

// WriteKeys returns keys in the form that [ReadKeys] reads, in order and each once.
func WriteKeys(keys []Key) ([]byte, error) {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b Key) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Fingerprint, b.Fingerprint), bytes.Compare(a.Value, b.Value))
	})
	keys = slices.CompactFunc(keys, func(a, b Key) bool { return a.Fingerprint == b.Fingerprint && bytes.Equal(a.Value, b.Value) })
	list := keysJSON{PublicKeyList: []keyJSON{}}
	for _, k := range keys {
		list.PublicKeyList = append(list.PublicKeyList, keyJSON{
			Value: k.Value, ValidityStartTime: jsonTime{k.From}, ValidityEndTime: jsonTime{k.To}, Fingerprint: k.Fingerprint,
		})
	}
	raw, err := json.MarshalIndent(list, "", "    ")
	return append(raw, '\n'), err
}

// Keys are public keys by their fingerprint. They are filled before they are
// used; then they may be used from many goroutines.
type Keys struct {
	// Complete says that these are all of CloudTrail's keys that can have signed, as
	// CloudTrail itself lists them: what another has signed is not CloudTrail's.
	Complete bool

	byFingerprint map[string][]publicKey
}

type publicKey struct {
	Key
	rsa *rsa.PublicKey
	err error // why it cannot be used
}

// Add adds a key. One that cannot be used is an error of the digests that name it.
func (k *Keys) Add(key Key) {
	if k.byFingerprint == nil {
		k.byFingerprint = map[string][]publicKey{}
	}
	same := k.byFingerprint[key.Fingerprint]
	if slices.ContainsFunc(same, func(other publicKey) bool { return bytes.Equal(other.Value, key.Value) }) {
		return
	}
	public := publicKey{Key: key}
	public.rsa, public.err = parseKey(key.Value)
	k.byFingerprint[key.Fingerprint] = append(same, public)
}

// Count returns how many keys there are.
func (k *Keys) Count() int {
	count := 0
	for _, same := range k.byFingerprint {
		count += len(same)
	}
	return count
}

func parseKey(der []byte) (*rsa.PublicKey, error) {
	if len(der) > maxDER {
		return nil, fmt.Errorf("it has %d bytes, at most %d are read", len(der), maxDER)
	}
	key, err := x509.ParsePKCS1PublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("it is no RSA key in PKCS #1: %w", err)
	}
	if bits := key.N.BitLen(); bits < minBits || bits > maxBits {
		return nil, fmt.Errorf("it has %d bits: CloudTrail's have %d, up to %d are taken", bits, minBits, maxBits)
	}
	return key, nil
}

// signs reports whether a key can have signed between from and to.
func (k *Key) signs(from, to time.Time) bool {
	return (k.From.IsZero() || !to.Before(k.From.Add(-validityMargin))) && (k.To.IsZero() || !from.After(k.To.Add(validityMargin)))
}

// What check tells apart.
var (
	errNoKey     = errors.New("no such key")
	errSignature = errors.New("the signature does not hold")
)

// check checks a digest's signature, which was made between from and to; where that
// is not known, to is zero.
func (k *Keys) check(d *Digest, signature string, from, to time.Time) error {
	same := k.byFingerprint[d.Fingerprint]
	if len(same) == 0 {
		return fmt.Errorf("%w: it is signed with the key %.80q, which is not among the %d public keys", errNoKey, d.Fingerprint, k.Count())
	}
	raw, err := hex.DecodeString(signature)
	if err != nil || len(signature) > maxSignature {
		return fmt.Errorf("%w: it is not a number in hexadecimal digits", errSignature)
	}
	sum := d.signed()
	for _, key := range same {
		switch {
		case key.err != nil:
			err = fmt.Errorf("%w: the public key %.80q: %w", errNoKey, key.Fingerprint, key.err)
		case rsa.VerifyPKCS1v15(key.rsa, crypto.SHA256, sum[:], raw) != nil:
			err = fmt.Errorf("%w with the key %.80q", errSignature, key.Fingerprint)
		case !to.IsZero() && !key.signs(from, to):
			err = fmt.Errorf("%w: the key %.80q signs from %s to %s", errSignature, key.Fingerprint,
				key.From.Format(time.RFC3339), key.To.Format(time.RFC3339))
		default:
			return nil
		}
	}
	return err
}

// isNoKey reports whether a signature could not be checked for want of a key.
func isNoKey(err error) bool { return errors.Is(err, errNoKey) }
