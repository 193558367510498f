// Command kubectl is upstream's kubectl, by itself: in the server's file every component's init would run
// first, 30 ms of each call. What it does itself before main is as long: see package start.
package main

import (
	"os"

	_ "cluster/kubernetes/kubectl/start"

	_ "k8s.io/client-go/plugin/pkg/client/auth" // kubeconfigs whose users are plugins
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

func main() {
	// As upstream does: what kubectl logs before its flags are parsed (plugins, kuberc) obeys -v too.
	logs.GlogSetter(cmd.GetLogVerbosity(os.Args))
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}
