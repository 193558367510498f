// Command server is the server side of Kubernetes in one file.
//
// Its first argument, or the name it is called by, says which of upstream's own commands it is:
//
//	server kube-apiserver --help
//	server etcd --data-dir DIR --listen-client-urls unix:///DIR/etcd.sock …
//
// One file, because the components share nearly all of their code. One process each, because upstream
// means them so: signal handlers, feature gates, metrics and log flags belong to the whole process.
package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	_ "time/tzdata" // the time zones of CronJobs

	"github.com/fsnotify/fsnotify"
	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client metrics
	_ "k8s.io/component-base/metrics/prometheus/version"  // kubernetes_build_info
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// program runs one of upstream's commands on its argv and returns the exit code.
type program func(argv []string) int

var programs = map[string]program{
	"etcd":                    etcd,
	"kube-apiserver":          component(apiserver.NewAPIServerCommand),
	"kube-controller-manager": controllerManager,
	"kube-proxy":              component(proxy.NewProxyCommand),
	"kube-scheduler":          component(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
	"kubelet":                 component(func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) }),
}

func main() {
	os.Exit(run(os.Args))
}

func run(argv []string) int {
	argv[0] = filepath.Base(argv[0])
	if _, known := programs[argv[0]]; !known && len(argv) > 1 {
		argv = argv[1:]
	}
	start, known := programs[argv[0]]
	if !known {
		fmt.Fprintf(os.Stderr, "server: %q is none of %q\n", argv[0], slices.Sorted(maps.Keys(programs)))
		return 2
	}
	return start(argv)
}

func component(command func() *cobra.Command) program {
	return func(argv []string) int {
		os.Args = argv // upstream reads it, not only through cobra
		return cli.Run(command())
	}
}

// volumes is where the host-path provisioner makes its folders (k8s.io/kubernetes/pkg/volume/hostpath).
const volumes = "/tmp/hostpath_pv"

// controllerManager is upstream's, and opens each new volume to every user, as the provisioners of Minikube,
// kind and k3s do: the one within makes it for root alone, and no option says otherwise.
func controllerManager(argv []string) int {
	if made, err := fsnotify.NewWatcher(); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
	} else if err := made.Add(volumes); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
	} else {
		go func() {
			for event := range made.Events {
				if event.Has(fsnotify.Create) {
					if err := os.Chmod(event.Name, 0o777); err != nil { // it may be gone again
						fmt.Fprintln(os.Stderr, "server:", err)
					}
				}
			}
		}()
	}
	return component(controllermanager.NewControllerManagerCommand)(argv)
}

func etcd(argv []string) int {
	etcdmain.Main(argv)
	return 0
}
