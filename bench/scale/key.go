package scale

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"plantrail/pipeline/trail"
)

const (
	// root is the organization's folder.
	root = "AWSLogs/o-exampleorg/"
	// numberDigits is how long a log file's number is in its key, to base 36.
	numberDigits  = 7
	base          = 36
	minutesPerDay = 24 * 60
	// deliveries is how many minutes lie between two deliveries.
	deliveries = 5
)

// account returns an account's number by its index.
func (o *Organization) account(index int) string {
	return strconv.Itoa(firstAccount + index*o.step)
}

// A position is a log file, or the end of a folder's.
type position struct {
	unit, day  int
	first, end uint64 // numbers of the day
	number     uint64
	folder     string
	stamp      string // the day as in a name
}

// folders is how many days of units there are.
func (o *Organization) folders() int { return len(o.units) * o.Days }

// folder returns the folder of a unit's day, with its closing slash, by its
// index in the order of keys.
func (o *Organization) folder(index int) string {
	unit, day := index/o.Days, index%o.Days
	return root + o.account(unit/len(o.Regions)) + "/CloudTrail/" + o.Regions[unit%len(o.Regions)] + "/" +
		(o.First + trail.Day(day)).Time().Format("2006/01/02/")
}

// behind returns the least string that no key in a folder is greater than.
func behind(folder string) string { return folder[:len(folder)-1] + "0" } // '0' follows '/'

// open puts p at the beginning of a folder that is not empty, the one of the
// given index or the next. It reports whether there is one.
func (o *Organization) open(p *position, index int) bool {
	for ; index < o.folders(); index++ {
		unit, day := index/o.Days, index%o.Days
		u := &o.units[unit]
		first, end := u.before(day), u.before(day+1)
		if first < end {
			*p = position{
				unit: unit, day: day, first: first, end: end, number: first, folder: o.folder(index),
				stamp: (o.First + trail.Day(day)).Time().Format("20060102T"),
			}
			return true
		}
	}
	return false
}

// seek puts p at the first log file whose key is not less than key.
func (o *Organization) seek(p *position, key string) bool {
	index := sort.Search(o.folders(), func(i int) bool { return behind(o.folder(i)) > key })
	if !o.open(p, index) {
		return false
	}
	p.number += uint64(sort.Search(int(p.end-p.first), func(i int) bool {
		at := *p
		at.number += uint64(i)
		return o.key(&at) >= key
	}))
	return p.number < p.end || o.open(p, p.unit*o.Days+p.day+1)
}

// next puts p at the next log file.
func (o *Organization) next(p *position) bool {
	p.number++
	return p.number < p.end || o.open(p, p.unit*o.Days+p.day+1)
}

// key returns the key of a log file. Keys sort as their numbers do.
func (o *Organization) key(p *position) string {
	minute := int(p.number-p.first) * minutesPerDay / int(p.end-p.first)
	minute -= minute % deliveries
	var space [160]byte
	b := append(space[:0], p.folder...)
	b = append(b, p.folder[len(root):len(root)+accountDigits]...)
	b = append(b, "_CloudTrail_"...)
	b = append(b, o.Regions[p.unit%len(o.Regions)]...)
	b = append(b, '_')
	b = append(b, p.stamp...)
	b = append(b, byte('0'+minute/600), byte('0'+minute/60%10), byte('0'+minute%60/10), byte('0'+minute%10), 'Z', '_')
	b = appendNumber(b, p.number)
	random := mix(uint64(p.unit), p.number)
	for range randomDigits {
		b = append(b, alphabet[random%uint64(len(alphabet))])
		random /= uint64(len(alphabet))
	}
	return string(append(b, suffix...))
}

const (
	accountDigits = 12
	randomDigits  = 9 // with the number's digits as many as CloudTrail has
	suffix        = ".json.gz"
	alphabet      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// appendNumber appends a number in digits that sort as numbers do.
func appendNumber(b []byte, n uint64) []byte {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	b = append(b, "0000000"...)
	for i := len(b) - 1; n > 0; i-- {
		b[i] = digits[n%base]
		n /= base
	}
	return b
}

// etag returns a log file's ETag.
func etag(p *position) string {
	var sum [16]byte
	binary.BigEndian.PutUint64(sum[:8], mix(uint64(p.unit), p.number))
	binary.BigEndian.PutUint64(sum[8:], mix(p.number, uint64(p.unit)))
	return hex.EncodeToString(sum[:])
}

// find returns the log file that key names.
func (o *Organization) find(key string) (position, bool) {
	parts := strings.Split(strings.TrimPrefix(key, root), "/")
	if len(parts) != 7 {
		return position{}, false
	}
	account, _ := strconv.Atoi(parts[0])
	account = (account - firstAccount) / o.step
	region := slices.Index(o.Regions, parts[2])
	date, err := time.Parse("2006/01/02", strings.Join(parts[3:6], "/"))
	name := parts[6]
	tail := strings.LastIndexByte(name, '_') + 1
	if account < 0 || account >= o.Accounts || region < 0 || err != nil || len(name) < tail+numberDigits {
		return position{}, false
	}
	number, err := strconv.ParseUint(name[tail:tail+numberDigits], base, 64)
	day := int(trail.DayOf(date) - o.First)
	if err != nil || day < 0 || day >= o.Days {
		return position{}, false
	}
	var p position
	if !o.open(&p, (account*len(o.Regions)+region)*o.Days+day) || number < p.first || number >= p.end {
		return position{}, false
	}
	p.number = number
	return p, o.key(&p) == key
}
