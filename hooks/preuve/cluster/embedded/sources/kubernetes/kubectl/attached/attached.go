// Package attached makes kubectl run and kubectl debug show what a short program prints once, and all of it.
//
// Upstream reads the log of a container that has started, then attaches to it: what is printed in between is
// lost, and where the container has ended meanwhile, what was printed in the same second comes twice
// (k8s.io/kubectl/pkg/cmd/run, handleAttachPod). Here a container's output is its log, followed from the first
// line to the last, and attaching serves what is typed. A terminal shows what it is sent, after what was
// printed before it was there. All else is upstream's: flags, checks, messages, exit codes.
package attached

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/remotecommand"
	watchtools "k8s.io/client-go/tools/watch"
	"k8s.io/kubectl/pkg/cmd/attach"
	"k8s.io/kubectl/pkg/cmd/debug"
	cmddelete "k8s.io/kubectl/pkg/cmd/delete"
	"k8s.io/kubectl/pkg/cmd/exec"
	"k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/scheme"
	uexec "k8s.io/utils/exec"

	"cluster/kubernetes/kubectl/attached/joined"
)

// Run has kubectl run make its Pod as ever, and shows the Pod's output itself.
func Run(command *cobra.Command, f util.Factory, streams genericiooptions.IOStreams) {
	upstream := command.Run
	command.Run = func(command *cobra.Command, args []string) {
		flags := command.Flags()
		attaches := util.GetFlagBool(command, "stdin")
		if flags.Changed("attach") {
			attaches = util.GetFlagBool(command, "attach")
		}
		if !attaches || util.GetFlagString(command, "dry-run") != "none" {
			upstream(command, args)
			return
		}
		remove := util.GetFlagBool(command, "rm")
		// As if neither were asked for, and no word about it.
		for _, each := range [][2]string{
			{"attach", "false"}, {"rm", "false"}, {"output", "go-template"}, {"template", `{{""}}`},
		} {
			util.CheckErr(flags.Set(each[0], each[1]))
		}
		upstream(command, args)
		err := session(command, f, streams, args[0])
		if remove {
			if left := takeAway(command, f, streams, args[0]); err == nil { // what is told first is the Pod's exit code
				err = left
			}
		}
		util.CheckErr(err)
	}
}

// Debug has kubectl debug make its container as ever, and shows the container's output itself.
func Debug(command *cobra.Command, f util.Factory, streams genericiooptions.IOStreams) {
	o := debug.NewDebugOptions(streams)
	o.AttachFunc = func(ctx context.Context, _ genericclioptions.RESTClientGetter, path, namespace, name, container string) error {
		opts, client, err := options(f, streams, path)
		if err != nil {
			return err
		}
		opts.Stdin, opts.TTY, opts.Quiet, opts.ContainerName = o.Interactive, o.TTY, o.Quiet, container
		opts.Pod, err = await(client, namespace, name, 0, func(pod *corev1.Pod) bool {
			state := stateOf(pod, container)
			if state.Waiting != nil && state.Waiting.Message != "" && !o.Quiet {
				o.WarningPrinter.Print(fmt.Sprintf("container %s: %s", container, state.Waiting.Message))
			}
			return state.Running != nil || state.Terminated != nil
		})
		if err != nil {
			return err
		}
		return opts.Run()
	}
	command.ResetFlags()
	o.AddFlags(command)
	command.SetGlobalNormalizationFunc(command.Root().GlobalNormalizationFunc())
	command.Run = func(command *cobra.Command, args []string) {
		util.CheckErr(o.Complete(f, command, args))
		util.CheckErr(o.Validate())
		util.CheckErr(o.Run(f, command))
	}
}

// session shows a Pod's output until it ends, and ends as the Pod did.
func session(command *cobra.Command, f util.Factory, streams genericiooptions.IOStreams, name string) error {
	timeout, err := util.GetPodRunningTimeoutFlag(command)
	if err != nil {
		return err
	}
	namespace, _, err := f.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return err
	}
	opts, client, err := options(f, streams, command.Parent().CommandPath())
	if err != nil {
		return err
	}
	opts.Stdin, opts.TTY = util.GetFlagBool(command, "stdin"), util.GetFlagBool(command, "tty")
	opts.Quiet, opts.DetachKeys = util.GetFlagBool(command, "quiet"), util.GetFlagString(command, "detach-keys")
	started := func(pod *corev1.Pod) bool {
		return pod.Status.Phase != corev1.PodPending && pod.Status.Phase != corev1.PodUnknown
	}
	if opts.Pod, err = await(client, namespace, name, timeout, started); err != nil {
		return err
	}
	if err := opts.Run(); err != nil {
		return err
	}
	policy := opts.Pod.Spec.RestartPolicy
	if policy == corev1.RestartPolicyAlways || util.GetFlagBool(command, "leave-stdin-open") {
		return nil
	}
	pod, err := await(client, namespace, name, timeout, func(pod *corev1.Pod) bool {
		failed := pod.Status.Phase == corev1.PodFailed && policy == corev1.RestartPolicyNever
		return failed || pod.Status.Phase == corev1.PodSucceeded
	})
	if err != nil || pod.Status.Phase == corev1.PodSucceeded {
		return err
	}
	end := stateOf(pod, pod.Spec.Containers[0].Name).Terminated
	if end == nil || end.ExitCode == 0 {
		return fmt.Errorf("pod %s/%s failed with unknown exit code", namespace, name)
	}
	return uexec.CodeExitError{
		Err:  fmt.Errorf("pod %s/%s terminated (%s)\n%s", namespace, name, end.Reason, end.Message),
		Code: int(end.ExitCode),
	}
}

// takeAway deletes what kubectl run made.
func takeAway(command *cobra.Command, f util.Factory, streams genericiooptions.IOStreams, name string) error {
	dynamic, err := f.DynamicClient()
	if err != nil {
		return err
	}
	opts, err := cmddelete.NewDeleteFlags("").ToOptions(dynamic, streams)
	if err != nil {
		return err
	}
	opts.IgnoreNotFound, opts.WaitForDeletion, opts.GracePeriod = true, false, -1
	opts.Quiet = util.GetFlagBool(command, "quiet")
	namespace, _, err := f.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return err
	}
	objects := []string{"pods/" + name}
	if util.GetFlagBool(command, "expose") {
		objects = append(objects, "services/"+name)
	}
	return opts.DeleteResult(f.NewBuilder().
		WithScheme(scheme.Scheme, scheme.Scheme.PrioritizedVersionsAllGroups()...).
		ContinueOnError().
		NamespaceParam(namespace).DefaultNamespace().
		ResourceTypeOrNameArgs(true, objects...).
		Flatten().
		Do())
}

// options of a session, but for the flags.
func options(f util.Factory, streams genericiooptions.IOStreams, path string) (*attach.AttachOptions, kubernetes.Interface, error) {
	config, err := f.ToRESTConfig()
	if err != nil {
		return nil, nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	return &attach.AttachOptions{
		StreamOptions: exec.StreamOptions{IOStreams: streams},
		CommandName:   path + " attach",
		Attach:        &attach.DefaultRemoteAttach{},
		AttachFunc:    show(client),
		Config:        config,
	}, client, err
}

// await watches a Pod until it is as wanted, for as long as timeout; for ever if that is 0.
func await(client kubernetes.Interface, namespace, name string, timeout time.Duration, wanted func(*corev1.Pod) bool) (*corev1.Pod, error) {
	ctx, cancel := watchtools.ContextWithOptionalTimeout(context.Background(), timeout)
	defer cancel()
	pods := client.CoreV1().Pods(namespace)
	one := fields.OneTermEqualSelector("metadata.name", name).String()
	list := &cache.ListWatch{
		ListFunc: func(o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = one
			return pods.List(context.Background(), o)
		},
		WatchFunc: func(o metav1.ListOptions) (watch.Interface, error) {
			o.FieldSelector = one
			return pods.Watch(context.Background(), o)
		},
	}
	event, err := watchtools.UntilWithSync(ctx, list, &corev1.Pod{}, nil, func(event watch.Event) (bool, error) {
		if event.Type == watch.Deleted {
			return false, apierrors.NewNotFound(corev1.Resource("pods"), name)
		}
		return wanted(event.Object.(*corev1.Pod)), nil
	})
	if err != nil {
		return nil, err
	}
	return event.Object.(*corev1.Pod), nil
}

func stateOf(pod *corev1.Pod, container string) corev1.ContainerState {
	for _, found := range [][]corev1.ContainerStatus{pod.Status.ContainerStatuses, pod.Status.EphemeralContainerStatuses} {
		for _, each := range found {
			if each.Name == container {
				return each.State
			}
		}
	}
	return corev1.ContainerState{}
}

type attacher = func(*attach.AttachOptions, *corev1.Container, bool, remotecommand.TerminalSizeQueue) func() error

// show gives what shows a container that has started, until it ends.
func show(client kubernetes.Interface) attacher {
	return func(o *attach.AttachOptions, container *corev1.Container, raw bool, sizes remotecommand.TerminalSizeQueue) func() error {
		shown := log{client, o.Pod, container.Name}
		if raw {
			return func() error { return terminal(shown, *o, container, sizes) }
		}
		return func() error {
			if o.Stdin {
				typed := *o
				typed.Out, typed.ErrOut = io.Discard, io.Discard
				go func() {
					// A container that has ended takes no input, which is no fault: its log tells what it did.
					if err := attach.DefaultAttachFunc(&typed, container, false, nil)(); apierrors.IsForbidden(err) {
						fmt.Fprintf(o.ErrOut, "warning: couldn't attach to pod/%s: %v\n", o.Pod.Name, err)
					}
				}()
			}
			return shown.follow(o.Out, o.ErrOut)
		}
	}
}

// terminal shows a container at a terminal, after what its log says of the time before that was there.
func terminal(shown log, o attach.AttachOptions, container *corev1.Container, sizes remotecommand.TerminalSizeQueue) error {
	before, err := shown.now()
	if err != nil {
		return err
	}
	if _, err := o.Out.Write(before); err != nil {
		return err
	}
	screen := &screen{shown: shown, seen: len(before), out: o.Out}
	o.Out = screen
	// What its end means is told by the container's own.
	if err := attach.DefaultAttachFunc(&o, container, true, sizes)(); apierrors.IsForbidden(err) {
		return err
	}
	return screen.begin(nil)
}

// screen is a terminal that comes late.
type screen struct {
	shown log
	seen  int
	out   io.Writer
	begun bool
}

func (s *screen) Write(data []byte) (int, error) {
	if s.begun {
		return s.out.Write(data)
	}
	return len(data), s.begin(data)
}

// begin shows what was printed before the first data came, if any ever came, then that.
func (s *screen) begin(data []byte) error {
	if s.begun {
		return nil
	}
	s.begun = true
	all, err := s.shown.now()
	if err != nil {
		return err
	}
	_, err = s.out.Write(joined.With(data, all[min(s.seen, len(all)):]))
	return err
}

// log is what a container has printed.
type log struct {
	client    kubernetes.Interface
	pod       *corev1.Pod
	container string
}

func (l log) now() ([]byte, error) {
	var all bytes.Buffer
	err := l.copy(&all, corev1.PodLogOptions{})
	return all.Bytes(), err
}

// follow copies the log until the container has ended. Where its two streams go to one place, they come in
// the order in which they were printed. Where they do not, they are told apart if the cluster can do that.
func (l log) follow(out, errOut io.Writer) error {
	one, err := os.Stdout.Stat()
	other, errOther := os.Stderr.Stat()
	if err != nil || errOther != nil || os.SameFile(one, other) {
		return l.copy(out, corev1.PodLogOptions{Follow: true})
	}
	stdout, stderr := corev1.LogStreamStdout, corev1.LogStreamStderr
	done := make(chan error)
	go func() { done <- l.copy(errOut, corev1.PodLogOptions{Follow: true, Stream: &stderr}) }()
	err = l.copy(out, corev1.PodLogOptions{Follow: true, Stream: &stdout})
	if refused := <-done; apierrors.IsInvalid(refused) || apierrors.IsBadRequest(refused) {
		return l.copy(out, corev1.PodLogOptions{Follow: true})
	} else if err == nil {
		err = refused
	}
	return err
}

func (l log) copy(to io.Writer, o corev1.PodLogOptions) error {
	o.Container = l.container
	from, err := l.client.CoreV1().Pods(l.pod.Namespace).GetLogs(l.pod.Name, &o).Stream(context.Background())
	if err != nil {
		return err
	}
	defer from.Close()
	_, err = io.Copy(to, from)
	return err
}
