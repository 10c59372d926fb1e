package trail

import "strings"

// wantedType is the one kind of file under AWSLogs that holds events of the
// table. Digests, insights, network activity and aggregations share the tree.
const wantedType = "CloudTrail"

// A LogFile is what a key says of the log file it names.
type LogFile struct {
	Account string // 12 digits
	Region  string
	Day     Day // the delivery day, not the day of the events inside
}

// Named reports whether a file is named as CloudTrail names log files, whatever
// its name ends in: copies are renamed to .JSON.GZ, .gz or .json.gz.1, and what a
// file is, its first bytes tell.
func Named(name string) bool {
	_, ok := parseName(name)
	return ok
}

// parseName reads account_CloudTrail_region_YYYYMMDDTHHmmZ_random.json.gz.
func parseName(name string) (file LogFile, ok bool) {
	account, rest, _ := strings.Cut(name, "_")
	kind, rest, _ := strings.Cut(rest, "_")
	region, rest, _ := strings.Cut(rest, "_")
	stamp, random, _ := strings.Cut(rest, "_")
	if random == "" || !isWantedType(kind) || !isAccount(account) || isSidecar(name) {
		return LogFile{}, false
	}
	region = strings.ToLower(region)
	if !isRegion(region) || len(stamp) != len("20060102T1504Z") || stamp[8] != 'T' && stamp[8] != 't' {
		return LogFile{}, false
	}
	day, ok := dayOf(stamp[:4], stamp[4:6], stamp[6:8])
	if !ok {
		return LogFile{}, false
	}
	return LogFile{Account: account, Region: region, Day: day}, true
}

// isSidecar reports whether a name is of a checksum or signature of another file.
func isSidecar(name string) bool {
	ending := strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
	switch ending {
	case "md5", "sha1", "sha256", "sha512", "crc32", "crc32c", "sig", "asc":
		return true
	}
	return false
}

// logFileName reports whether the name of a file in a delivery day's folder ends
// as a log file's does: as CloudTrail delivers it, or as copies of it are often
// kept. There the folder is the contract.
func logFileName(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".json.gz") || strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".json.zst")
}

// isWantedType matches the type folder whose files are log files, and the type
// in their names.
func isWantedType(s string) bool { return strings.EqualFold(s, wantedType) }

func isAccount(s string) bool {
	return len(s) == 12 && within(s, '0', '9')
}

// within reports whether all bytes of a text are between two, both included.
func within(s string, first, last byte) bool {
	for i := range len(s) {
		if s[i] < first || s[i] > last {
			return false
		}
	}
	return true
}

// isOrg matches an organization's id: o- and 10 to 32 letters and digits.
func isOrg(s string) bool {
	id, ok := strings.CutPrefix(s, "o-")
	return ok && len(id) >= 10 && len(id) <= 32 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// isRegion matches the form of a region's name, us-gov-west-1, not a list of
// them: new regions must be read from the day they open.
func isRegion(s string) bool {
	parts := 1
	for ; ; parts++ {
		part, rest, more := strings.Cut(s, "-")
		if !more {
			break
		}
		if part == "" || !within(part, 'a', 'z') {
			return false
		}
		s = rest
	}
	return parts >= 3 && s != "" && within(s, '0', '9')
}

// base returns the last part of a key; of a folder, a key with a closing slash,
// its name. A key is a string of bytes: two slashes in a row have a folder without
// a name between them, and a dot is a name like any other.
func base(key string) string {
	key = strings.TrimSuffix(key, "/")
	return key[strings.LastIndexByte(key, '/')+1:]
}

// Past returns a key that sorts after what is in a folder and before what follows
// it: it ends in the last character that stores are sure to take. Keys in the
// folder that sort after even that are listed with what follows.
func Past(folder string) string { return folder + "\uf8ff" }

// Parent returns the folder that a key is in, with its closing slash; of a folder,
// the one around it. It is "" for what lies at the root.
func Parent(key string) string {
	key = strings.TrimSuffix(key, "/")
	return key[:strings.LastIndexByte(key, '/')+1]
}
