package fault

import (
	"maps"
	"net/http"
	"strings"
)

// A watch notes what passed, and is guarded by the proxy's mutex.
type watch struct {
	reads   map[string]int // log files given out, by path
	refused map[string]int // puts that came too late, by path
	passed  int            // the sum of reads
	held    chan struct{}  // closed when nothing more is answered
}

func newWatch() watch {
	return watch{reads: map[string]int{}, refused: map[string]int{}, held: make(chan struct{})}
}

// Reads returns how often each log file was given out, by its path: the bucket
// and the key.
func (p *Proxy) Reads() map[string]int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return maps.Clone(p.watch.reads)
}

// Refused returns how often a put of each object was refused by the server,
// since the object had changed.
func (p *Proxy) Refused() map[string]int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return maps.Clone(p.watch.refused)
}

// Held is closed when Config.HoldAfter log files were given out.
func (p *Proxy) Held() <-chan struct{} { return p.watch.held }

// note notes what the server answered.
func (p *Proxy) note(r *http.Request, status int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	switch {
	case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, logFile) && status < http.StatusMultipleChoices:
		p.watch.reads[r.URL.Path]++
		p.watch.passed++
		if p.watch.passed == p.config.HoldAfter {
			close(p.watch.held)
		}
	case r.Method == http.MethodPut && (status == http.StatusPreconditionFailed || status == http.StatusConflict):
		p.watch.refused[r.URL.Path]++
	}
}

// holds leaves a request without an answer, if it is one of those.
func (p *Proxy) holds(r *http.Request) bool {
	select {
	case <-p.watch.held:
	default:
		return false
	}
	select {
	case <-r.Context().Done(): // the client is gone
	case <-p.closed:
	}
	return true
}
