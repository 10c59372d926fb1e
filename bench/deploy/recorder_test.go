package deploy_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// A recorder passes requests on to an S3 server and notes what IAM would have to
// allow.
type recorder struct {
	proxy *httputil.ReverseProxy

	mutex  sync.Mutex
	asked  map[string]map[request]bool // by the key that signed
	others []string                    // requests of kinds that plantrail is not known to make
	refuse func(*http.Request) bool
}

// record starts a recorder and returns it with its endpoint.
func record(t *testing.T, upstream string) (*recorder, string) {
	t.Helper()
	to, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{asked: map[string]map[request]bool{}, refuse: func(*http.Request) bool { return false }}
	r.proxy = &httputil.ReverseProxy{
		// The Host was signed, and stays.
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = to.Scheme, to.Host
			p.Out.Host = p.In.Host
		},
		ModifyResponse: r.note,
	}
	front := httptest.NewServer(r)
	t.Cleanup(front.Close)
	return r, front.URL
}

// ServeHTTP implements [http.Handler].
func (r *recorder) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	r.mutex.Lock()
	refused := r.refuse(in)
	r.mutex.Unlock()
	if refused {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "<Error><Code>AccessDenied</Code><Message>refused by the test</Message></Error>")
		return
	}
	r.proxy.ServeHTTP(w, in)
}

// setRefuse says which requests are denied from now on.
func (r *recorder) setRefuse(refuse func(*http.Request) bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.refuse = refuse
}

// note translates a request into those that IAM decides on.
func (r *recorder) note(answer *http.Response) error {
	in := answer.Request
	bucket, key, _ := strings.Cut(strings.TrimPrefix(in.URL.Path, "/"), "/")
	query := in.URL.Query()
	object := "arn:aws:s3:::" + bucket + "/" + key
	list := request{action: "s3:ListBucket", resource: "arn:aws:s3:::" + bucket}
	var all []request
	var others []string
	switch {
	case in.Method == http.MethodHead && key == "" && in.Header.Get("Authorization") == "":
		// Where the bucket is, S3 says to everybody.
	case in.Method == http.MethodGet && key == "" && query.Get("list-type") == "2":
		if query.Has("prefix") {
			list.context = "s3:prefix=" + query.Get("prefix")
		}
		all = append(all, list)
	case in.Method == http.MethodGet && key != "" && (in.URL.RawQuery == "x-id=GetObject" || in.URL.RawQuery == ""):
		all = append(all, request{action: "s3:GetObject", resource: object})
		if answer.StatusCode == http.StatusNotFound {
			// S3 says that there is no such key to those alone who may list it.
			list.context = "s3:prefix=" + key
			all = append(all, list)
		}
	case in.Method == http.MethodPut && key != "":
		all = append(all, request{action: "s3:PutObject", resource: object})
		if in.Header.Get("If-Match") != "" {
			all = append(all, request{action: "s3:GetObject", resource: object})
		}
	default:
		others = append(others, in.Method+" "+in.URL.String())
	}
	for _, other := range others {
		r.other(other)
	}
	r.ask(in, all...)
	return nil
}

// ask notes what who signed a request must be allowed.
func (r *recorder) ask(in *http.Request, all ...request) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	who := whoAsks(in)
	if r.asked[who] == nil && len(all) > 0 {
		r.asked[who] = map[request]bool{}
	}
	for _, q := range all {
		r.asked[who][q] = true
	}
}

// other notes a request of a kind that plantrail is not known to make.
func (r *recorder) other(what string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.others = append(r.others, what)
}
