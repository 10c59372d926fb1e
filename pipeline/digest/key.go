package digest

import (
	"cmp"
	"strings"
	"time"
)

// Folder is the folder of an account that holds its digests, beside the one of
// its log files.
const Folder = "CloudTrail-Digest"

// stampLayout is how a digest's key says when the digest ends.
const stampLayout = "20060102T150405Z"

// A ChainID tells chains apart: the digests of a trail for one account and log region.
type ChainID struct {
	Root     string // the account's folder, with its closing slash; where a chain is a flat folder, that one
	Account  string // 12 digits
	Region   string // whose log files they name
	Trail    string
	Home     string // the trail's home region
	Backfill bool   // of log files that came late, which have a chain of their own
}

// String returns the chain's name as a person tells it apart.
func (c ChainID) String() string {
	name := c.Account + " " + c.Region + " " + c.Trail + " (" + c.Home + ")"
	if c.Backfill {
		name += " backfill"
	}
	return name
}

// Compare orders chains by account, region, trail and kind.
func (c ChainID) Compare(other ChainID) int {
	kind := func(c ChainID) int {
		if c.Backfill {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(c.Account, other.Account), cmp.Compare(c.Region, other.Region), cmp.Compare(c.Trail, other.Trail),
		cmp.Compare(c.Home, other.Home), cmp.Compare(kind(c), kind(other)), cmp.Compare(c.Root, other.Root))
}

// A Name is what a digest's key says of it.
type Name struct {
	ChainID
	End time.Time
}

// ParseKey reads a digest's key:
//
//	[root/]CloudTrail-Digest/{region}/YYYY/MM/DD/{account}_CloudTrail-Digest_{region}_{trail}_{home}_{YYYYMMDDTHHMMSSZ}[_backfill].json.gz
//
// A key outside that layout is read by its file name alone.
func ParseKey(key string) (Name, bool) {
	folder, file := "", key
	if slash := strings.LastIndexByte(key, '/'); slash >= 0 {
		folder, file = key[:slash+1], key[slash+1:]
	}
	base, zipped := strings.CutSuffix(file, ".json.gz")
	if !zipped {
		return Name{}, false
	}
	var n Name
	base, n.Backfill = strings.CutSuffix(base, "_backfill")
	var ok bool
	if n.Account, base, ok = strings.Cut(base, "_"); !ok || !isAccount(n.Account) {
		return Name{}, false
	}
	if base, ok = strings.CutPrefix(base, Folder+"_"); !ok {
		return Name{}, false
	}
	if n.Region, base, ok = strings.Cut(base, "_"); !ok || !isRegion(n.Region) {
		return Name{}, false
	}
	// A trail's name may have underscores; what follows it has none.
	var stamp string
	if base, stamp, ok = cutLast(base); !ok {
		return Name{}, false
	}
	if n.Trail, n.Home, ok = cutLast(base); !ok || n.Trail == "" || !isRegion(n.Home) {
		return Name{}, false
	}
	end, err := time.Parse(stampLayout, stamp)
	if err != nil || end.Format(stampLayout) != stamp {
		return Name{}, false
	}
	n.End = end
	n.Root = folder
	below := Folder + "/" + n.Region + "/"
	if at := len(folder) - len(below) - len("2006/01/02/"); at >= 0 && strings.HasPrefix(folder[at:], below) && (at == 0 || folder[at-1] == '/') {
		n.Root = folder[:at]
	}
	return n, true
}

func cutLast(s string) (before, after string, ok bool) {
	at := strings.LastIndexByte(s, '_')
	if at < 0 {
		return "", "", false
	}
	return s[:at], s[at+1:], true
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// isRegion matches what can stand for a region in a key. Which regions there
// are, the folders say.
func isRegion(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// place returns the part of a key that stays as it is in a copy: from AWSLogs on,
// or the file's name where there is no such folder.
func place(key string) (outside, inside string) {
	const root = "AWSLogs/"
	for at := len(key); ; {
		at = strings.LastIndex(key[:at], root)
		if at < 0 {
			break
		}
		if at == 0 || key[at-1] == '/' {
			return key[:at], key[at:]
		}
	}
	slash := strings.LastIndexByte(key, '/') + 1
	return key[:slash], key[slash:]
}
