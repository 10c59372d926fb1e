package corpus

import "math/rand/v2"

// latePart is the part of planted events that are delivered days after they
// happened, as after an outage: one in so many.
const latePart = 25

// A planting is one Support Plans event and the log files that hold it.
type planting struct {
	number  int
	eventID string
	files   []int // one or two
	late    int   // days between the event and its first delivery
}

// A plan says which log files hold planted events and decoys.
type plan struct {
	accounts  []*account
	plantings []planting
	inFile    map[int][]int // plantings by log file
	decoys    map[int]int   // how many, by log file
}

func newPlan(cfg Config) *plan {
	p := &plan{
		accounts:  newAccounts(cfg),
		plantings: make([]planting, cfg.Planted),
		inFile:    make(map[int][]int),
		decoys:    make(map[int]int),
	}
	rng := newRand(cfg.Seed, drawPlan, 0)
	twice := rng.Perm(cfg.Planted)[:cfg.Duplicates]
	for i := range p.plantings {
		first := spread(rng, i, cfg.Planted, cfg.files())
		p.plantings[i] = planting{number: i, eventID: uuid(rng), files: []int{first}}
		if rng.IntN(latePart) == 0 {
			p.plantings[i].late = 1 + rng.IntN(5)
		}
	}
	for _, i := range twice {
		p.plantings[i].files = append(p.plantings[i].files, another(rng, p.plantings[i].files[0], cfg.filesPerUnit()))
	}
	for i, planting := range p.plantings {
		for _, file := range planting.files {
			p.inFile[file] = append(p.inFile[file], i)
		}
	}
	for i := range cfg.Decoys {
		p.decoys[spread(rng, i, cfg.Decoys, cfg.files())]++
	}
	return p
}

// spread picks a log file for the i-th of n events, each from a stretch of its
// own.
func spread(rng *rand.Rand, i, n, files int) int {
	from, to := i*files/n, (i+1)*files/n
	return from + rng.IntN(max(to-from, 1))
}

// another picks a different log file of the same account and region, which own
// a stretch of perUnit log files.
func another(rng *rand.Rand, file, perUnit int) int {
	first := file - file%perUnit
	return first + (file-first+1+rng.IntN(perUnit-1))%perUnit
}

func (p *plan) plantedLogFiles() int { return len(p.inFile) }
