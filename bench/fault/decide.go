package fault

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"strings"
)

// decide returns the fault that a request meets, if any, and the randomness for
// its details. Of two runs with one seed, requests of the same number and sort
// meet the same fault.
func (p *Proxy) decide(r *http.Request) (Kind, *rand.Rand, bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.number++
	rng := rand.New(rand.NewPCG(p.config.Seed, p.number))
	refused := !p.admit()
	p.curve.count(refused)
	if refused {
		p.counts[Throttled]++
		return Throttled, rng, true
	}
	if p.config.DeniedPrefix != "" && strings.HasPrefix(keyOf(r), p.config.DeniedPrefix) {
		p.counts[Denied]++
		return Denied, rng, true
	}
	if rng.Float64() >= p.config.Rate || (p.config.Most > 0 && p.chosen >= p.config.Most) {
		return 0, rng, false
	}
	var fitting []Kind
	for _, k := range p.config.Kinds {
		if k.fits(r, cmp.Or(p.config.WrongSuffix, logFile)) {
			fitting = append(fitting, k)
		}
	}
	if len(fitting) == 0 {
		return 0, rng, false
	}
	kind := fitting[rng.IntN(len(fitting))]
	p.chosen++
	p.counts[kind]++
	return kind, rng, true
}

// keyOf returns the key that a request is about, or the prefix that it lists.
func keyOf(r *http.Request) string {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if key == "" {
		return r.URL.Query().Get("prefix")
	}
	return key
}
