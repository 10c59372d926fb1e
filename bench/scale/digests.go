package scale

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"plantrail/pipeline/store"
)

// Digests is what CloudTrail signs of an organization in which nothing happens: a digest
// of each hour for each account and region, and no log file. It signs a chain when it is
// first asked for, and holds the latest ones.
type Digests struct {
	Accounts int
	Regions  []string // in order
	First    time.Time
	Days     int

	signer *quickSigner
	mutex  sync.Mutex
	chains map[int]*signedChain // by unit
	order  []int                // of their making
}

// heldChains is how many chains are held: more than are verified at once.
const heldChains = 48

// A signedChain is the digests of a unit.
type signedChain struct {
	once   sync.Once
	bodies [][]byte
	signed []string
}

// NewDigests returns the digests of a year of 500 accounts and two regions, which can be
// made fewer.
func NewDigests() (*Digests, error) {
	signer, err := newQuickSigner()
	if err != nil {
		return nil, err
	}
	return &Digests{
		Accounts: 500, Regions: []string{"us-east-1", "us-west-2"}, First: time.Date(2025, time.March, 1, 0, 0, 0, 0, time.UTC), Days: 365,
		signer: signer, chains: map[int]*signedChain{},
	}, nil
}

// Total returns how many digests there are.
func (d *Digests) Total() int { return d.Accounts * len(d.Regions) * d.hours() }

func (d *Digests) hours() int { return d.Days * 24 }

const digestBucket = "organization"

// key returns the key of a digest by its number. Keys sort as numbers do.
func (d *Digests) key(number int) string {
	unit, hour := number/d.hours(), number%d.hours()
	account, region := strconv.Itoa(firstAccount+unit/len(d.Regions)), d.Regions[unit%len(d.Regions)]
	end := d.end(hour)
	return root + account + "/CloudTrail-Digest/" + region + "/" + end.Format("2006/01/02/") + account + "_CloudTrail-Digest_" + region +
		"_organization_us-east-1_" + end.Format("20060102T150405Z") + ".json.gz"
}

// end returns when the digest of an hour ends.
func (d *Digests) end(hour int) time.Time { return d.First.Add(time.Duration(hour) * time.Hour) }

// at returns the number of the first digest whose key is not less than one.
func (d *Digests) at(key string) int {
	return sort.Search(d.Total(), func(i int) bool { return d.key(i) >= key })
}

// Page implements [s3mem.Source].
func (d *Digests) Page(r store.Range, most int) (page store.Page, more bool) {
	from := r.Prefix
	if r.After >= from {
		from = r.After + "\x00"
	}
	for i := d.at(from); i < d.Total(); {
		key := d.key(i)
		if !strings.HasPrefix(key, r.Prefix) {
			break
		}
		if len(page.Objects)+len(page.Folders) == most {
			return page, true
		}
		if slash := strings.IndexByte(key[len(r.Prefix):], '/'); r.Shallow && slash >= 0 {
			folder := key[:len(r.Prefix)+slash+1]
			page.Folders = append(page.Folders, folder)
			i = d.at(behind(folder))
			continue
		}
		chain := d.chain(i / d.hours())
		page.Objects = append(page.Objects, store.Object{Key: key, Size: int64(len(chain.bodies[i%d.hours()])), ETag: `"` + strconv.Itoa(i) + `"`})
		i++
	}
	return page, false
}

// Body implements [s3mem.Source].
func (d *Digests) Body(key string) ([]byte, bool) {
	i := d.at(key)
	if i == d.Total() || d.key(i) != key {
		return nil, false
	}
	return d.chain(i / d.hours()).bodies[i%d.hours()], true
}

// Metadata returns what S3 keeps beside an object.
func (d *Digests) Metadata(key string) map[string]string {
	i := d.at(key)
	if i == d.Total() || d.key(i) != key {
		return nil
	}
	return map[string]string{"signature": d.chain(i / d.hours()).signed[i%d.hours()], "signature-algorithm": "SHA256withRSA"}
}

// chain returns the digests of a unit.
func (d *Digests) chain(unit int) *signedChain {
	d.mutex.Lock()
	chain := d.chains[unit]
	if chain == nil {
		chain = new(signedChain)
		d.chains[unit], d.order = chain, append(d.order, unit)
		if len(d.order) > heldChains {
			delete(d.chains, d.order[0])
			d.order = d.order[1:]
		}
	}
	d.mutex.Unlock()
	chain.once.Do(func() { d.sign(chain, unit) })
	return chain
}

// sign makes the digests of a unit.
func (d *Digests) sign(chain *signedChain, unit int) {
	account := strconv.Itoa(firstAccount + unit/len(d.Regions))
	var out, body bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	previousKey, previousHash, previousSignature := "", "", "null"
	for hour := range d.hours() {
		key, end := d.key(unit*d.hours()+hour), d.end(hour).Format(time.RFC3339)
		body.Reset()
		fmt.Fprintf(&body, `{"awsAccountId":%q,"digestStartTime":%q,"digestEndTime":%q,"digestS3Bucket":%q,"digestS3Object":%q,"digestPublicKeyFingerprint":%q,`+
			`"digestSignatureAlgorithm":"SHA256withRSA","newestEventTime":null,"oldestEventTime":null,`,
			account, d.end(hour-1).Format(time.RFC3339), end, digestBucket, key, d.signer.fingerprint)
		if hour > 0 {
			fmt.Fprintf(&body, `"previousDigestS3Bucket":%q,"previousDigestS3Object":%q,"previousDigestHashValue":%q,"previousDigestHashAlgorithm":"SHA-256",`+
				`"previousDigestSignature":%q,`, digestBucket, previousKey, previousHash, previousSignature)
		}
		body.WriteString(`"logFiles":[]}`)
		sum := sha256.Sum256(body.Bytes())
		previousKey, previousHash = key, hex.EncodeToString(sum[:])
		previousSignature = d.signer.sign(end + "\n" + digestBucket + "/" + key + "\n" + previousHash + "\n" + previousSignature)
		out.Reset()
		w.Reset(&out)
		w.Write(body.Bytes())
		w.Close()
		chain.bodies = append(chain.bodies, bytes.Clone(out.Bytes()))
		chain.signed = append(chain.signed, previousSignature)
	}
}

// A quickSigner signs as CloudTrail does, with a key of some 2060 bits that has sixteen primes:
// that is no secret for long, and makes a signature in a hundredth of the time.
type quickSigner struct {
	fingerprint  string
	modulus      *big.Int
	primes       [quickPrimes]*big.Int
	exponents    [quickPrimes]*big.Int
	coefficients [quickPrimes]*big.Int
}

const (
	quickPrimes = 16
	quickBits   = 129 // of each; the product of so many lacks some
	quickE      = 65537
)

func newQuickSigner() (*quickSigner, error) {
	e, one := big.NewInt(quickE), big.NewInt(1)
	for {
		s := &quickSigner{modulus: big.NewInt(1)}
		whole := true
		for i := range s.primes {
			p, err := rand.Prime(rand.Reader, quickBits)
			if err != nil {
				return nil, fmt.Errorf("make a key: %w", err)
			}
			s.primes[i] = p
			s.modulus.Mul(s.modulus, p)
			s.exponents[i] = new(big.Int).ModInverse(e, new(big.Int).Sub(p, one))
			whole = whole && s.exponents[i] != nil
		}
		if !whole {
			continue
		}
		for i, p := range s.primes {
			rest := new(big.Int).Div(s.modulus, p)
			inverse := new(big.Int).ModInverse(rest, p)
			if inverse == nil { // a prime twice
				whole = false
				break
			}
			s.coefficients[i] = rest.Mul(rest, inverse)
		}
		if !whole {
			continue
		}
		sum := sha256.Sum256(s.modulus.Bytes())
		s.fingerprint = hex.EncodeToString(sum[:16])
		return s, nil
	}
}

// sha256Info stands before a SHA-256 that is signed by PKCS #1 v1.5.
const sha256Info = "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"

func (s *quickSigner) sign(text string) string {
	sum := sha256.Sum256([]byte(text))
	info := append([]byte(sha256Info), sum[:]...)
	padded := bytes.Repeat([]byte{0xff}, (s.modulus.BitLen()+7)/8)
	padded[0], padded[1], padded[len(padded)-len(info)-1] = 0, 1, 0
	copy(padded[len(padded)-len(info):], info)
	message, signature, part := new(big.Int).SetBytes(padded), new(big.Int), new(big.Int)
	for i, p := range s.primes {
		part.Exp(part.Mod(message, p), s.exponents[i], p)
		signature.Add(signature, part.Mul(part, s.coefficients[i]))
	}
	return hex.EncodeToString(signature.Mod(signature, s.modulus).FillBytes(make([]byte, len(padded))))
}
