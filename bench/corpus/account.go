package corpus

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// poolSize is how many resources of a kind an account has.
const poolSize = 60

// An account is who and what appears in one account's records.
type account struct {
	id    string
	pools map[string][]string // names and ids of resources, by kind
}

// newAccounts returns the accounts in the order of their ids, which is that of
// their keys.
func newAccounts(cfg Config) []*account {
	accounts := make([]*account, cfg.Accounts)
	taken := make(map[string]bool)
	for i := range accounts {
		rng := newRand(cfg.Seed, drawAccount, i)
		id := fmt.Sprintf("%012d", rng.Int64N(1e12))
		for taken[id] {
			id = fmt.Sprintf("%012d", rng.Int64N(1e12))
		}
		taken[id] = true
		accounts[i] = newAccount(rng, id)
	}
	slices.SortFunc(accounts, func(a, b *account) int { return strings.Compare(a.id, b.id) })
	return accounts
}

func newAccount(rng *rand.Rand, id string) *account {
	a := &account{id: id, pools: make(map[string][]string)}
	fill := func(kind string, name func() string) {
		names := make([]string, poolSize)
		for i := range names {
			names[i] = name()
		}
		a.pools[kind] = names
	}
	for _, kind := range []string{"role", "function", "table", "stack", "policy", "group", "queue", "topic", "cluster", "repository", "rule", "database"} {
		fill(kind, func() string { return compound(rng) })
	}
	fill("user", func() string { return pick(rng, firstNames()) + "." + pick(rng, lastNames()) })
	fill("bucket", func() string { return compound(rng) + "-" + id[8:] })
	fill("parameter", func() string { return "/" + strings.ReplaceAll(compound(rng), "-", "/") })
	fill("secret", func() string { return compound(rng) + "-" + string(appendFrom(nil, rng, alphanum, 6)) })
	fill("key", func() string { return uuid(rng) })
	for kind, prefix := range map[string]string{
		"instance": "i-", "image": "ami-", "subnet": "subnet-", "vpc": "vpc-", "securitygroup": "sg-", "volume": "vol-",
		"routetable": "rtb-",
	} {
		// Maps have no order: each kind draws from numbers of its own.
		own := rand.New(rand.NewPCG(hash(id), hash(kind)))
		fill(kind, func() string { return string(appendHex([]byte(prefix), own, 17)) })
	}
	return a
}

// hash returns the FNV-1a hash of a string.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// compound returns a name as people make them for resources.
func compound(rng *rand.Rand) string {
	words := []string{
		"orders", "billing", "ingest", "search", "catalog", "auth", "edge", "report", "ledger", "fleet", "media", "invoice",
		"gateway", "session", "metrics", "customer", "inventory", "payments", "shipping", "events", "archive", "portal",
	}
	parts := []string{
		"api", "worker", "batch", "store", "cache", "stream", "deploy", "backup", "lambda", "queue", "index", "export", "replica",
		"scheduler", "monitor", "cleanup", "migration", "web", "admin", "sync",
	}
	stages := []string{"prod", "staging", "dev", "test", "shared", "sandbox"}
	return pick(rng, words) + "-" + pick(rng, parts) + "-" + pick(rng, stages)
}

func firstNames() []string {
	return []string{"ada", "noor", "mateo", "ines", "kofi", "yuki", "lena", "omar", "priya", "tomas", "wen", "zoe", "ivan", "mara", "jonas", "aisha"}
}

func lastNames() []string {
	return []string{"okafor", "lindqvist", "tanaka", "moreau", "silva", "novak", "haddad", "kim", "rossi", "bauer", "mehta", "walsh", "castillo", "ng"}
}
