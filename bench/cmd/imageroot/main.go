// Command imageroot writes what the container image has beside the program, as a tar
// archive: the certificates to trust, a folder for temporary files, and the licences.
//
//	imageroot FILE... > image.tar
//
// The certificates are Mozilla's, from a module whose version and checksum this module's
// go.mod and go.sum have, so that they do not depend on the machine that builds. The
// bytes depend on that module and the files alone.
package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// user is who the program runs as in the image.
const user = 65532

func main() {
	if err := write(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "imageroot:", err)
		os.Exit(1)
	}
}

func write(w io.Writer, licences []string) error {
	t := tar.NewWriter(w)
	// A volume that lies over it has its mode and owner.
	err := t.WriteHeader(&tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777, Uid: user, Gid: user, ModTime: time.Unix(0, 0)})
	if err != nil {
		return err
	}
	if err := add(t, "etc/ssl/certs/ca-certificates.crt", certificates()); err != nil {
		return err
	}
	for _, name := range licences {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := add(t, "usr/share/doc/plantrail/"+filepath.Base(name), text); err != nil {
			return err
		}
	}
	return t.Close()
}

func add(t *tar.Writer, name string, body []byte) error {
	header := tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(body)), ModTime: time.Unix(0, 0)}
	err := t.WriteHeader(&header)
	_, written := t.Write(body)
	return errors.Join(err, written)
}

// certificates are the roots that are trusted without a condition; a file of PEM blocks
// cannot carry one, such as until when a root that is being given up may still sign.
func certificates() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes all
		}
	}
	return out.Bytes()
}
