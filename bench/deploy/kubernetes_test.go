package deploy_test

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	psa "k8s.io/pod-security-admission/api"
	podpolicy "k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// manifests are the Kubernetes objects in the folder.
type manifests struct {
	namespace corev1.Namespace
	account   corev1.ServiceAccount
	config    corev1.ConfigMap
	nightly   batchv1.CronJob
	verify    batchv1.CronJob
	backfill  batchv1.Job
}

// readManifests decodes every object strictly: a field that Kubernetes does not
// know, or one given twice, fails the test.
func readManifests(t *testing.T) *manifests {
	t.Helper()
	var m manifests
	decode(t, "base.yaml", &m.namespace, &m.account, &m.config)
	decode(t, "nightly.yaml", &m.nightly)
	decode(t, "verify.yaml", &m.verify)
	decode(t, "backfill.yaml", &m.backfill)
	return &m
}

func decode(t *testing.T, name string, into ...metav1.Object) {
	t.Helper()
	documents := bytes.Split(read(t, "kubernetes/"+name), []byte("\n---\n"))
	if len(documents) != len(into) {
		t.Fatalf("%s: %d objects, want %d", name, len(documents), len(into))
	}
	for i, document := range documents {
		text, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		strict, err := json.UnmarshalStrict(text, into[i])
		if err != nil || len(strict) > 0 {
			t.Fatalf("%s: %v %v", name, err, strict)
		}
		want := map[string]string{
			"*v1.Namespace": "v1 Namespace", "*v1.ServiceAccount": "v1 ServiceAccount", "*v1.ConfigMap": "v1 ConfigMap",
			"*v1.CronJob": "batch/v1 CronJob", "*v1.Job": "batch/v1 Job",
		}[fmt.Sprintf("%T", into[i])]
		var kind metav1.TypeMeta
		if err := yaml.Unmarshal(document, &kind); err != nil || kind.APIVersion+" "+kind.Kind != want {
			t.Errorf("%s: %s %s, want %s", name, kind.APIVersion, kind.Kind, want)
		}
		if space := into[i].GetNamespace(); space != "plantrail" && want != "v1 Namespace" {
			t.Errorf("%s: namespace %q", name, space)
		}
	}
}

// jobs returns what is run, by the name of its file.
func (m *manifests) jobs() map[string]*batchv1.JobSpec {
	return map[string]*batchv1.JobSpec{"nightly": &m.nightly.Spec.JobTemplate.Spec, "verify": &m.verify.Spec.JobTemplate.Spec, "backfill": &m.backfill.Spec}
}

// The night runs alone, is made up for when it was late, and ends before the
// next one. So does its verification.
func TestNightlyManifest(t *testing.T) {
	m := readManifests(t)
	for _, spec := range []batchv1.CronJobSpec{m.nightly.Spec, m.verify.Spec} {
		checkNightly(t, &spec)
	}
}

func checkNightly(t *testing.T, spec *batchv1.CronJobSpec) {
	t.Helper()
	if spec.ConcurrencyPolicy != batchv1.ForbidConcurrent || spec.StartingDeadlineSeconds == nil || *spec.StartingDeadlineSeconds < 3600 {
		t.Errorf("concurrencyPolicy %s, startingDeadlineSeconds %v", spec.ConcurrencyPolicy, spec.StartingDeadlineSeconds)
	}
	if _, err := time.LoadLocation(*spec.TimeZone); err != nil || *spec.TimeZone != "Etc/UTC" {
		t.Errorf("timeZone %s: %v", *spec.TimeZone, err)
	}
	if fields := strings.Fields(spec.Schedule); len(fields) != 5 || !slices.Equal(fields[2:], []string{"*", "*", "*"}) {
		t.Errorf("schedule %q: not once a day", spec.Schedule)
	}
	job := spec.JobTemplate.Spec
	if end := *job.ActiveDeadlineSeconds + *job.Template.Spec.TerminationGracePeriodSeconds; end >= 24*3600 {
		t.Errorf("a run may take %d s, into the next night", end)
	}
	if job.CompletionMode != nil || job.Completions != nil {
		t.Error("the nightly run is sharded")
	}
}

// Every index is a shard, and one that fails ends no other.
func TestBackfillManifest(t *testing.T) {
	spec := readManifests(t).backfill.Spec
	if spec.CompletionMode == nil || *spec.CompletionMode != batchv1.IndexedCompletion || spec.BackoffLimitPerIndex == nil {
		t.Fatal("the backfill is not indexed, or its indexes are not tried again each")
	}
	shards, err := strconv.Atoi(variable(&spec.Template.Spec.Containers[0], "PLANTRAIL_SHARDS"))
	if err != nil || int(*spec.Completions) != shards {
		t.Errorf("%d completions, %d shards (%v)", *spec.Completions, shards, err)
	}
	if *spec.MaxFailedIndexes != *spec.Completions {
		t.Errorf("maxFailedIndexes %d of %d: shards with quarantined log files would end the others", *spec.MaxFailedIndexes, *spec.Completions)
	}
	if *spec.Parallelism > *spec.Completions {
		t.Errorf("parallelism %d, completions %d", *spec.Parallelism, *spec.Completions)
	}
}

func variable(c *corev1.Container, name string) string {
	for _, v := range c.Env {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

// Each exit code has the action that fits what it means.
func TestPodFailurePolicy(t *testing.T) {
	const ignore, count = batchv1.PodFailurePolicyActionIgnore, batchv1.PodFailurePolicyActionCount
	const failJob, failIndex = batchv1.PodFailurePolicyActionFailJob, batchv1.PodFailurePolicyActionFailIndex
	want := map[string]map[int32]batchv1.PodFailurePolicyAction{
		"nightly":  {exitFailed: count, exitUsage: failJob, exitIncomplete: failJob, exitInterrupted: count},
		"verify":   {exitFailed: count, exitUsage: failJob, exitIncomplete: failJob, exitAltered: failJob, exitInterrupted: count},
		"backfill": {exitFailed: count, exitUsage: failJob, exitIncomplete: failIndex, exitInterrupted: count},
	}
	for name, job := range readManifests(t).jobs() {
		t.Run(name, func(t *testing.T) {
			if job.Template.Spec.RestartPolicy != corev1.RestartPolicyNever {
				t.Errorf("restartPolicy %s: no policy for failed pods is allowed with it", job.Template.Spec.RestartPolicy)
			}
			rules := job.PodFailurePolicy.Rules
			disrupted := rules[0].OnPodConditions
			if rules[0].Action != ignore || len(disrupted) != 1 || rules[0].OnExitCodes != nil ||
				disrupted[0].Type != corev1.DisruptionTarget || disrupted[0].Status != corev1.ConditionTrue {
				t.Errorf("the first rule is not to ignore disruptions, so that an exit code could hide one: %+v", rules[0])
			}
			for _, rule := range rules[1:] {
				codes := rule.OnExitCodes
				if codes == nil || len(rule.OnPodConditions) > 0 || codes.Operator != batchv1.PodFailurePolicyOnExitCodesOpIn {
					t.Fatalf("rule %+v: want exit codes", rule)
				}
				if *codes.ContainerName != job.Template.Spec.Containers[0].Name {
					t.Errorf("there is no container %s", *codes.ContainerName)
				}
				if !slices.IsSorted(codes.Values) || slices.Contains(codes.Values, 0) {
					t.Errorf("exit codes %v: Kubernetes wants them in order, without 0", codes.Values)
				}
				if rule.Action == failIndex && job.BackoffLimitPerIndex == nil {
					t.Error("FailIndex needs backoffLimitPerIndex")
				}
				for _, code := range codes.Values {
					if want[name][code] != rule.Action {
						t.Errorf("exit code %d: %s, want %s", code, rule.Action, want[name][code])
					}
					delete(want[name], code)
				}
			}
			if len(want[name]) > 0 {
				t.Errorf("no rule for exit codes %v", want[name])
			}
		})
	}
}

// The container's memory has room for the bound, and the pod may do nothing but
// run.
func TestPod(t *testing.T) {
	m := readManifests(t)
	for name, job := range m.jobs() {
		t.Run(name, func(t *testing.T) {
			pod := job.Template.Spec
			c := pod.Containers[0]
			limit, request := c.Resources.Limits, c.Resources.Requests
			soft, bound := size(t, &c, "GOMEMLIMIT"), size(t, &c, "PLANTRAIL_MEMORY")
			if limit.Memory().Cmp(soft) <= 0 || float64(soft.Value()) < 1.5*float64(bound.Value()) || request.Memory().Cmp(*limit.Memory()) != 0 {
				t.Errorf("memory: requested %s, limit %s, GOMEMLIMIT %s, --memory %s", request.Memory(), limit.Memory(), &soft, &bound)
			}
			if *pod.TerminationGracePeriodSeconds < 120 && c.Args[0] == "run" {
				t.Errorf("%d s to commit", *pod.TerminationGracePeriodSeconds)
			}
			// What the namespace enforces, Kubernetes itself says.
			level := psa.Level(m.namespace.Labels[psa.EnforceLevelLabel])
			for _, check := range restrictions(t).EvaluatePod(psa.LevelVersion{Level: level, Version: psa.LatestVersion()}, &job.Template.ObjectMeta, &pod) {
				if level != psa.LevelRestricted || !check.Allowed {
					t.Errorf("the namespace, %s, would not take it: %s, %s", level, check.ForbiddenReason, check.ForbiddenDetail)
				}
			}
			if !*c.SecurityContext.ReadOnlyRootFilesystem || *pod.AutomountServiceAccountToken {
				t.Error("the container may write anywhere, or ask Kubernetes")
			}
			if pod.ServiceAccountName != m.account.Name {
				t.Errorf("there is no service account %s", pod.ServiceAccountName)
			}
			checkVolumes(t, &pod, m)
		})
	}
}

// restrictions are those that Kubernetes has for pods.
func restrictions(t *testing.T) podpolicy.Evaluator {
	t.Helper()
	evaluator, err := podpolicy.NewEvaluator(podpolicy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return evaluator
}

// size reads a number of bytes as Go and plantrail write it.
func size(t *testing.T, c *corev1.Container, name string) resource.Quantity {
	t.Helper()
	q, err := resource.ParseQuantity(strings.TrimSuffix(variable(c, name), "B"))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return q
}

// checkVolumes checks that what is mounted is there: the sources where the
// variable says, and a folder for temporary files.
func checkVolumes(t *testing.T, pod *corev1.PodSpec, m *manifests) {
	t.Helper()
	c := pod.Containers[0]
	mounted := map[string]corev1.Volume{}
	for _, mount := range c.VolumeMounts {
		at := slices.IndexFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name })
		if at < 0 {
			t.Fatalf("there is no volume %s", mount.Name)
		}
		mounted[mount.MountPath] = pod.Volumes[at]
	}
	if len(mounted) != len(pod.Volumes) {
		t.Error("a volume is not mounted")
	}
	temp, files := mounted["/tmp"].EmptyDir, mounted["/etc/plantrail"].ConfigMap
	if temp == nil || temp.SizeLimit.Cmp(*c.Resources.Requests.StorageEphemeral()) > 0 {
		t.Errorf("/tmp is %+v, with %s requested", temp, c.Resources.Requests.StorageEphemeral())
	}
	if files == nil || files.Name != m.config.Name || variable(&c, "PLANTRAIL_SOURCES") != "/etc/plantrail/"+files.Items[0].Path ||
		m.config.Data[files.Items[0].Key] == "" {
		t.Errorf("the sources are not where they should be: %+v", files)
	}
}
