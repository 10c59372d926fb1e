package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// installed has no path: systemd finds it in /usr/bin, where packages put it, and in
// /usr/local/bin.
const installed = "plantrail"

// settings returns the settings of a unit or an environment file by name; a name
// may be given several times.
func settings(t *testing.T, name string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for line := range strings.Lines(string(read(t, name))) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "[") {
			continue
		}
		key, value, found := strings.Cut(line, "=")
		if !found {
			t.Fatalf("%s: %q is no setting", name, line)
		}
		all[key] = append(all[key], value)
	}
	return all
}

// systemdCall is the call of a service.
func systemdCall(t *testing.T, name string) call {
	t.Helper()
	service := settings(t, name)
	words := strings.Fields(service["ExecStart"][0])
	if words[0] != installed {
		t.Fatalf("runs %s", words[0])
	}
	env := map[string]string{}
	for name, values := range settings(t, "systemd/plantrail.env") {
		env[name] = values[0]
	}
	for _, v := range service["Environment"] {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	return call{args: words[1:], env: env, sources: string(read(t, "systemd/sources"))}
}

// systemd itself reads the units and finds nothing to complain of.
func TestUnits(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze on this machine")
	}
	if unbuilt != nil {
		t.Fatal(unbuilt)
	}
	dir := t.TempDir()
	var units []string
	for _, name := range []string{"plantrail.service", "plantrail.timer", "plantrail-verify.service", "plantrail-verify.timer"} {
		unit := filepath.Join(dir, name)
		text := strings.ReplaceAll(string(read(t, "systemd/"+name)), "ExecStart="+installed+" ", "ExecStart="+program+" ")
		if err := os.WriteFile(unit, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		units = append(units, unit)
	}
	out, err := exec.CommandContext(t.Context(), analyze, append([]string{"verify", "--man=no"}, units...)...).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
	// Exposure in tenths: below 2.0 is what systemd calls OK.
	for _, service := range []string{units[0], units[2]} {
		out, err = exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--threshold=20", service).CombinedOutput()
		if err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}
}

// The nightly verification fails where somebody must look, and is not tried again then.
func TestVerifyService(t *testing.T) {
	service := settings(t, "systemd/plantrail-verify.service")
	for name, want := range map[string]string{
		"RestartPreventExitStatus": "2 3 4", "Restart": "on-failure", "Type": "oneshot", "EnvironmentFile": "/etc/plantrail/plantrail.env",
	} {
		if !slices.Equal(service[name], []string{want}) {
			t.Errorf("%s=%s, want %s", name, service[name], want)
		}
	}
	words := strings.Fields(service["ExecStart"][0])
	if words[0] != installed || words[1] != "verify" || service["SuccessExitStatus"] != nil {
		t.Errorf("runs %q, success %q", words, service["SuccessExitStatus"])
	}
	own := settings(t, "systemd/plantrail.env")
	for flag, other := range map[string]string{"--report": "PLANTRAIL_REPORT", "--metrics": "PLANTRAIL_METRICS"} {
		at := slices.Index(words, flag)
		if at < 0 || filepath.Dir(words[at+1]) != filepath.Dir(own[other][0]) || words[at+1] == own[other][0] {
			t.Errorf("%s: %q beside the run's %s", flag, words, own[other][0])
		}
	}
}

// The service takes exit codes for what they mean, and writes only where it may.
func TestService(t *testing.T) {
	service := settings(t, "systemd/plantrail.service")
	for name, want := range map[string]string{
		"SuccessExitStatus":        strconv.Itoa(exitIncomplete),
		"RestartPreventExitStatus": strconv.Itoa(exitUsage),
		"Restart":                  "on-failure",
		"Type":                     "oneshot",
		"EnvironmentFile":          "/etc/plantrail/plantrail.env",
	} {
		if !slices.Equal(service[name], []string{want}) {
			t.Errorf("%s=%s, want %s", name, service[name], want)
		}
	}
	// The commands after it are in the same sandbox, and the journal is a Unix socket.
	if families := strings.Fields(service["RestrictAddressFamilies"][0]); strings.Contains(service["ExecStopPost"][0], "systemd-cat") && !slices.Contains(families, "AF_UNIX") {
		t.Errorf("systemd-cat cannot reach the journal by %q", families)
	}
	env := settings(t, "systemd/plantrail.env")
	for name, folder := range map[string]string{
		"PLANTRAIL_REPORT":  "/var/lib/" + service["StateDirectory"][0],
		"PLANTRAIL_METRICS": "/run/" + service["RuntimeDirectory"][0],
	} {
		if filepath.Dir(env[name][0]) != folder {
			t.Errorf("%s=%s: not in %s", name, env[name][0], folder)
		}
	}
	if env["PLANTRAIL_SOURCES"][0] != sourcesFile {
		t.Errorf("PLANTRAIL_SOURCES=%s", env["PLANTRAIL_SOURCES"][0])
	}
}
