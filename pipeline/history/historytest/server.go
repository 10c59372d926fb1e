// Package historytest serves CloudTrail's LookupEvents, and what of STS is needed to
// come to it, after the services' published models: for tests.
package historytest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// An Event is in the history of an account and region.
type Event struct {
	ID, Source, Name string
	At               time.Time
	Text             string // the record
}

// A Place is what there is an Event history of, and what requests are counted of.
type Place struct{ Account, Region string }

// A Server serves Event histories. Requests are of the account in the access key ID:
// a role's is in its ARN.
type Server struct {
	URL string
	// Second is how long a second is in which two requests are answered.
	Second time.Duration
	// ExpireAfter has page tokens expire, each once, when so many were given; 0: none.
	ExpireAfter int
	// Deny are accounts, or names of roles, that may not look up.
	Deny map[string]bool
	// Disabled are regions that take no credentials.
	Disabled map[string]bool
	// Ahead is how far the server's clock is ahead. It takes signatures of five minutes
	// around its own time.
	Ahead time.Duration
	// AnyToken takes all page tokens that it did not give for the first page.
	AnyToken bool
	// EmptyPages has each page that has events follow one that has none.
	EmptyPages bool
	// Refuse returns with what error the nth lookup of a place is refused; "": it is
	// answered. It may be nil, as Alter, which may change what is answered.
	Refuse func(p Place, n int) (code string)
	Alter  func(p Place, n int, page map[string]any)

	mutex     sync.Mutex
	events    map[Place][]Event     // newest first
	last      map[Place][]time.Time // of those that were not too fast
	lookups   map[Place]int
	tokens    map[string]page
	issued    int
	requests  int
	throttled int
	expired   int
	at        int    // the request of which then is told
	then      func() // nil: nobody asks
}

// A page is what a token stands for.
type page struct {
	request string // that it goes with
	place   Place
	from    int // how many events were given
	expires bool
	empty   bool // it follows a page without events
}

// New starts a server, which ends with the test.
func New(t testing.TB) *Server {
	s := &Server{
		Second: time.Second, Deny: map[string]bool{}, Disabled: map[string]bool{},
		events: map[Place][]Event{}, last: map[Place][]time.Time{}, lookups: map[Place]int{}, tokens: map[string]page{},
	}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Add adds events to a history.
func (s *Server) Add(p Place, events ...Event) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.events[p] = append(s.events[p], events...)
	slices.SortStableFunc(s.events[p], func(a, b Event) int { return b.At.Compare(a.At) })
}

// At calls then when n more lookups have come.
func (s *Server) At(n int, then func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.at, s.then = s.requests+n+1, then
}

// Counts returns how many lookups came, how many of them came too fast, and how many
// page tokens had expired.
func (s *Server) Counts() (requests, throttled, expired int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.requests, s.throttled, s.expired
}

// Arrivals returns when lookups of a place came, without those that were too fast.
func (s *Server) Arrivals(p Place) []time.Time {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.last[p])
}

// maxSkew is how far a signature's time may be from the server's.
const maxSkew = 5 * time.Minute

var credential = regexp.MustCompile(`Credential=[A-Z]{4}(\d{12})([^/]*)/\d{8}/([a-z0-9-]+)/`)

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	body, err := io.ReadAll(r.Body)
	who := credential.FindStringSubmatch(r.Header.Get("Authorization"))
	if err != nil || who == nil {
		refuse(w, http.StatusBadRequest, "UnrecognizedClientException", "The security token included in the request is invalid.")
		return
	}
	p := Place{Account: who[1], Region: who[3]}
	s.mutex.Lock() // sees what was set up before the last Add
	now, disabled, denied := arrived.Add(s.Ahead), s.Disabled[p.Region], s.Deny[who[2]] && who[2] != ""
	s.mutex.Unlock()
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	form := strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	switch refuse := refuserOf(form); {
	case err != nil || now.Sub(signed).Abs() > maxSkew:
		refuse(w, http.StatusForbidden, "SignatureDoesNotMatch", "Signature expired: it is not of now")
		return
	case disabled:
		refuse(w, http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid")
		return
	case denied && !form:
		refuse(w, http.StatusBadRequest, "AccessDeniedException", "User is not authorized to perform: cloudtrail:LookupEvents")
		return
	}
	switch target := r.Header.Get("X-Amz-Target"); {
	case form:
		serveSTS(w, p.Account, string(body))
	case strings.HasSuffix(target, "CloudTrail_20131101.LookupEvents") && r.Header.Get("Content-Type") == "application/x-amz-json-1.1":
		s.lookup(w, p, arrived, body)
	default:
		refuse(w, http.StatusBadRequest, "UnknownOperationException", target)
	}
}

// refuserOf returns how a service says no: STS in XML, CloudTrail in JSON.
func refuserOf(form bool) func(w http.ResponseWriter, status int, code, message string) {
	if !form {
		return refuse
	}
	return func(w http.ResponseWriter, status int, code, message string) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, `<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>`, code, message)
	}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"__type":%q,"message":%q}`, code, message)
}

var roleAccount = regexp.MustCompile(`::(\d{12}):role/(\w+)`)

func serveSTS(w http.ResponseWriter, account, body string) {
	form, _ := url.ParseQuery(body)
	w.Header().Set("Content-Type", "text/xml")
	switch form.Get("Action") {
	case "GetCallerIdentity":
		fmt.Fprintf(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
			`<Arn>arn:aws:iam::%[1]s:user/a</Arn><UserId>A</UserId><Account>%[1]s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`, account)
	case "AssumeRole":
		of := roleAccount.FindStringSubmatch(form.Get("RoleArn"))
		if of == nil {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no such role</Message></Error></ErrorResponse>`)
			return
		}
		fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>`+
			`<AccessKeyId>ASIA%s%s</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%s</Expiration>`+
			`</Credentials></AssumeRoleResult></AssumeRoleResponse>`, of[1], of[2], time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

// A request is LookupEvents' as its model has it.
type request struct {
	LookupAttributes   []struct{ AttributeKey, AttributeValue string }
	StartTime, EndTime *float64
	EventCategory      string
	MaxResults         int
	NextToken          string
}

const perSecond = 2

func (s *Server) lookup(w http.ResponseWriter, p Place, arrived time.Time, body []byte) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.requests++; s.then != nil && s.requests == s.at {
		s.then()
	}
	s.lookups[p]++
	last := s.last[p]
	if len(last) >= perSecond && arrived.Sub(last[len(last)-perSecond]) < s.Second {
		s.throttled++
		refuse(w, http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
		return
	}
	s.last[p] = append(last, arrived)
	if s.Refuse != nil {
		if code := s.Refuse(p, s.lookups[p]); code != "" {
			status := http.StatusBadRequest
			if strings.HasPrefix(code, "Internal") || strings.HasPrefix(code, "Service") {
				status = http.StatusInternalServerError
			}
			refuse(w, status, code, "as it was asked for")
			return
		}
	}
	var in request
	if err := json.Unmarshal(body, &in); err != nil {
		refuse(w, http.StatusBadRequest, "SerializationException", err.Error())
		return
	}
	switch {
	case s.Deny[p.Account]:
		refuse(w, http.StatusBadRequest, "AccessDeniedException", "User is not authorized to perform: cloudtrail:LookupEvents")
		return
	case len(in.LookupAttributes) > 1 || len(in.LookupAttributes) == 1 && in.LookupAttributes[0].AttributeKey != "EventSource":
		refuse(w, http.StatusBadRequest, "InvalidLookupAttributesException", "one attribute")
		return
	case in.MaxResults > 50 || in.MaxResults < 0:
		refuse(w, http.StatusBadRequest, "InvalidMaxResultsException", "1 to 50")
		return
	case in.StartTime != nil && in.EndTime != nil && *in.StartTime > *in.EndTime:
		refuse(w, http.StatusBadRequest, "InvalidTimeRangeException", "the start is after the end")
		return
	}
	s.answer(w, p, &in)
}

// answer gives a page. A token goes with a request that is the same in all else.
func (s *Server) answer(w http.ResponseWriter, p Place, in *request) {
	token := in.NextToken
	in.NextToken = ""
	same, _ := json.Marshal(in)
	from := 0
	if token != "" {
		at, ok := s.tokens[token]
		if !ok && s.AnyToken {
			at, ok = page{request: string(same), place: p}, true
		}
		if !ok || at.place != p || at.request != string(same) || at.expires {
			s.expired++
			refuse(w, http.StatusBadRequest, "InvalidNextTokenException", "Invalid token.")
			return
		}
		from = at.from
	}
	size := in.MaxResults
	if size == 0 {
		size = 50
	}
	var selected []Event
	for _, e := range s.events[p] {
		at := float64(e.At.Unix())
		if (in.StartTime == nil || at >= *in.StartTime) && (in.EndTime == nil || at <= *in.EndTime) &&
			(len(in.LookupAttributes) == 0 || e.Source == in.LookupAttributes[0].AttributeValue) {
			selected = append(selected, e)
		}
	}
	out := map[string]any{"Events": []any{}}
	to := min(from+size, len(selected))
	if s.EmptyPages && token != "" && !s.tokens[token].empty {
		to = from
	}
	var events []any
	for _, e := range selected[min(from, to):to] {
		events = append(events, map[string]any{
			"EventId": e.ID, "EventName": e.Name, "ReadOnly": "true", "EventTime": float64(e.At.Unix()), "EventSource": e.Source,
			"Username": "somebody", "Resources": []any{}, "CloudTrailEvent": e.Text,
		})
	}
	if events != nil {
		out["Events"] = events
	}
	if to < len(selected) {
		s.issued++
		next := fmt.Sprintf("token-%d", s.issued)
		s.tokens[next] = page{request: string(same), place: p, from: to, empty: to == from, expires: s.ExpireAfter > 0 && s.issued%s.ExpireAfter == 0}
		out["NextToken"] = next
	}
	if s.Alter != nil {
		s.Alter(p, s.lookups[p], out)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	json.NewEncoder(w).Encode(out)
}
