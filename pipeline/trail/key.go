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

// Named reports whether a file is named as CloudTrail names log files.
func Named(name string) bool {
	_, ok := parseName(name)
	return ok
}

// parseName reads account_CloudTrail_region_YYYYMMDDTHHmmZ_random.json.gz.
func parseName(name string) (file LogFile, ok bool) {
	if !logFileName(name) {
		return LogFile{}, false
	}
	parts := strings.SplitN(name, "_", 5)
	if len(parts) != 5 || parts[1] != wantedType || !isAccount(parts[0]) || !isRegion(parts[2]) {
		return LogFile{}, false
	}
	stamp := parts[3]
	if len(stamp) != len("20060102T1504Z") || stamp[8] != 'T' {
		return LogFile{}, false
	}
	day, ok := parseFolder(stamp[:4] + "/" + stamp[4:6] + "/" + stamp[6:8])
	if !ok {
		return LogFile{}, false
	}
	return LogFile{Account: parts[0], Region: parts[2], Day: day}, true
}

// logFileName reports whether a file's name ends as a log file's does: as
// CloudTrail delivers it, or as copies of it are often kept.
func logFileName(name string) bool {
	return strings.HasSuffix(name, ".json.gz") || strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".json.zst")
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// isOrg matches an organization's id: o- and 10 to 32 letters and digits.
func isOrg(s string) bool {
	id, ok := strings.CutPrefix(s, "o-")
	return ok && len(id) >= 10 && len(id) <= 32 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// isRegion matches the form of a region's name, us-gov-west-1, not a list of
// them: new regions must be read from the day they open.
func isRegion(s string) bool {
	parts := strings.Split(s, "-")
	for i, part := range parts {
		letters := "abcdefghijklmnopqrstuvwxyz"
		if i == len(parts)-1 {
			letters = "0123456789"
		}
		if part == "" || strings.Trim(part, letters) != "" {
			return false
		}
	}
	return len(parts) >= 3
}

// cut splits a key into its folder, without the closing slash, and its name.
func cut(key string) (folder, name string) {
	slash := strings.LastIndexByte(key, '/')
	if slash < 0 {
		return "", key
	}
	return key[:slash], key[slash+1:]
}
