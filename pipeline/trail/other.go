package trail

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Kinds of objects that say of themselves neither that they are log files nor
// what else they are.
const (
	KindMarker  = "folder marker" // a key that ends in a slash
	KindUnnamed = "not named as a log file"
	KindEmpty   = "empty file" // among exports
)

// hiveService begins the name of a service's folder where it delivers in Hive's
// way: aws-account-id=111122223333/aws-service=vpcflowlogs/….
const hiveService = "aws-service="

// isService reports whether a folder in an account's folder holds no log files:
// CloudTrail's other kinds of files, or what other services deliver. What is in it
// is of another kind whatever its name. A folder that is missing here costs a
// listing of what is in it, no more.
func isService(name string) bool {
	switch strings.ToLower(name) {
	case "cloudtrail-digest", "cloudtrail-insight", "cloudtrail-networkactivity", "cloudtrail-aggregated", "cloudtrail-lake",
		"config", "elasticloadbalancing", "vpcflowlogs", "vpcdnsquerylogs", "waflogs", "guardduty",
		"redshift", "network-firewall", "globalaccelerator", "cloudfront", "vpclattice", "verifiedaccess",
		"kafkabrokerlogs", "bedrockmodelinvocationlogs":
		return true
	}
	return false
}

// KindOf says what kind of object a key names that is no log file: the type that
// its own name tells, as in 111122223333_Config_us-east-1_…, or one of the Kind
// constants.
func KindOf(key string) string {
	if strings.HasSuffix(key, "/") {
		return KindMarker
	}
	if kind := typeInName(base(key)); kind != "" && !isWantedType(kind) {
		return kind
	}
	return KindUnnamed
}

// typeInName returns the type in a file's name, account_type_region_…, or "".
func typeInName(name string) string {
	parts := strings.SplitN(name, "_", 4)
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
	if len(parts) != 4 || !isAccount(parts[0]) || parts[1] == "" || strings.Trim(parts[1], letters) != "" || !isRegion(strings.ToLower(parts[2])) {
		return ""
	}
	return parts[1]
}

// Others counts objects that are no log files, by kind.
type Others map[string]Other

// An Other is how many objects of a kind there are.
type Other struct {
	Objects int64
	First   string // key of the first
	More    bool   // there are more than were counted
}

// Add counts an object.
func (o *Others) Add(kind, key string) { o.add(kind, Other{Objects: 1, First: key}) }

func (o *Others) add(kind string, more Other) {
	if *o == nil {
		*o = Others{}
	}
	sum := (*o)[kind]
	(*o)[kind] = Other{Objects: sum.Objects + more.Objects, First: cmp.Or(sum.First, more.First), More: sum.More || more.More}
}

// Kinds returns the kinds, in order.
func (o Others) Kinds() []string { return slices.Sorted(maps.Keys(o)) }
