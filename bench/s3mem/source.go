package s3mem

import (
	"slices"
	"sort"
	"strings"

	"plantrail/pipeline/store"
)

// A Source has objects.
type Source interface {
	// Page returns the first so many keys of a range, and whether there are more.
	Page(r store.Range, most int) (page store.Page, more bool)
	// Body returns an object, which must not be changed.
	Body(key string) ([]byte, bool)
}

// A metadataSource keeps metadata beside its objects.
type metadataSource interface {
	Metadata(key string) map[string]string
}

// Objects is a source of some objects. [Objects.Add] them all before it serves.
type Objects struct {
	keys   []string
	bodies map[string][]byte
}

// Add adds an object.
func (o *Objects) Add(key string, body []byte) {
	if o.bodies == nil {
		o.bodies = map[string][]byte{}
	}
	o.keys, o.bodies[key] = append(o.keys, key), body
}

// Sort readies the objects for being listed.
func (o *Objects) Sort() { slices.Sort(o.keys) }

// Body implements [Source].
func (o *Objects) Body(key string) ([]byte, bool) {
	body, ok := o.bodies[key]
	return body, ok
}

// Page implements [Source].
func (o *Objects) Page(r store.Range, most int) (page store.Page, more bool) {
	from := max(r.Prefix, r.After)
	i := sort.SearchStrings(o.keys, from)
	if i < len(o.keys) && o.keys[i] == r.After && r.After != "" {
		i++
	}
	for ; i < len(o.keys) && strings.HasPrefix(o.keys[i], r.Prefix); i++ {
		if len(page.Objects)+len(page.Folders) == most {
			return page, true
		}
		key := o.keys[i]
		if slash := strings.IndexByte(key[len(r.Prefix):], '/'); r.Shallow && slash >= 0 {
			folder := key[:len(r.Prefix)+slash+1]
			page.Folders = append(page.Folders, folder)
			i = sort.SearchStrings(o.keys, behind(folder)) - 1
			continue
		}
		page.Objects = append(page.Objects, store.Object{Key: key, Size: int64(len(o.bodies[key])), ETag: `"` + key[max(0, len(key)-8):] + `"`})
	}
	return page, false
}

// behind returns a key that comes after all in a folder.
func behind(folder string) string { return folder[:len(folder)-1] + "0" } // which comes after the slash
