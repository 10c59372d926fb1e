package licences

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Platforms are those that a release is built for.
var Platforms = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64"}

// A Package is one that is linked into a program.
type Package struct {
	ImportPath string
	Dir        string
	Standard   bool
	Module     *Module
}

// A Module is what a package belongs to. The program's own is the main one.
type Module struct {
	Path string
	Dir  string
	Main bool
}

// Linked lists the packages that a program is linked with on a platform such as
// linux/amd64, the program's own included. Root is the directory of its module.
func Linked(ctx context.Context, root, program, platform string) ([]Package, error) {
	system, machine, _ := strings.Cut(platform, "/")
	c := exec.CommandContext(ctx, "go", "list", "-deps", "-json=ImportPath,Dir,Standard,Module", program)
	c.Dir = root
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOWORK=off", "GOOS="+system, "GOARCH="+machine)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("list what %s is linked with on %s: %w: %s", program, platform, err, said.Bytes())
	}
	var all []Package
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p Package
		switch err := decoder.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("read what go list says of %s: %w", program, err)
		}
		all = append(all, p)
	}
}
