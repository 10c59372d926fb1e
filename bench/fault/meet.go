package fault

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// meet answers a request with a fault.
func (p *Proxy) meet(w http.ResponseWriter, r *http.Request, kind Kind, rng *rand.Rand) {
	switch kind {
	case SlowDown, Throttled:
		refuse(w, http.StatusServiceUnavailable, "SlowDown")
	case Internal:
		refuse(w, http.StatusInternalServerError, "InternalError")
	case Denied:
		refuse(w, http.StatusForbidden, "AccessDenied")
	case Missing:
		refuse(w, http.StatusNotFound, "NoSuchKey")
	case ResetBefore:
		reset(w)
	case StallBefore:
		if p.stall(r.Context()) {
			p.pass(w, r)
		}
	case LostAnswer:
		// Carried out even if the client has given up meanwhile.
		answer, err := p.forward(r.WithContext(context.WithoutCancel(r.Context())))
		if err == nil {
			_, _ = io.Copy(io.Discard, answer.Body) // it is lost anyway
			_ = answer.Body.Close()
		}
		reset(w)
	case ResetWithin, Short, StallWithin, WrongBytes:
		p.spoil(w, r, kind, rng)
	}
}

// spoil does to the body of the server's answer what the fault is.
func (p *Proxy) spoil(w http.ResponseWriter, r *http.Request, kind Kind, rng *rand.Rand) {
	answer, err := p.forward(r)
	if err != nil {
		refuse(w, http.StatusBadGateway, "BadGateway")
		return
	}
	defer answer.Body.Close() // read to its end, or given up
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		reset(w)
		return
	}
	answer.ContentLength = int64(len(body))
	copyHead(w, answer)
	if kind == WrongBytes {
		// Behind gzip's head, in which a change may not matter.
		const head = 10
		if answer.StatusCode < http.StatusMultipleChoices && len(body) > head {
			body[head+rng.IntN(len(body)-head)] ^= 1 << rng.IntN(8)
		}
		_, _ = w.Write(body) // fails if the client is gone
		return
	}
	half := len(body) / 2
	_, _ = w.Write(body[:half])
	if http.NewResponseController(w).Flush() != nil {
		return
	}
	switch {
	case kind == ResetWithin:
		reset(w)
	case kind == Short:
		end(w, false)
	case p.stall(r.Context()):
		_, _ = w.Write(body[half:])
	}
}

// stall is silent for the time of a stall. False means that nobody waits for an
// answer any more.
func (p *Proxy) stall(ctx context.Context) bool {
	timer := time.NewTimer(p.config.Stall)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-p.closed:
	}
	return false
}

// refuse answers as S3 does when it refuses.
func refuse(w http.ResponseWriter, status int, code string) {
	text := fmt.Sprintf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>injected fault</Message></Error>", code)
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("Content-Length", fmt.Sprint(len(text)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // fails if the client is gone
}

// reset breaks the connection off, so that the client sees a reset.
func reset(w http.ResponseWriter) { end(w, true) }

// end ends the connection, whatever is still to be sent.
func end(w http.ResponseWriter, hard bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the other way to end it
	}
	if hard {
		breakOff(conn)
		return
	}
	_ = conn.Close() // as good as gone
}
