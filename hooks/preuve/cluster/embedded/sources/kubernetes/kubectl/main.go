// Command kubectl is upstream's kubectl, by itself: in the server's file every component's init would run
// first, 30 ms of each call. What it does itself before main is as long: see package start. What it shows of
// the containers that it starts is whole: see package attached.
package main

import (
	"os"

	"cluster/kubernetes/kubectl/attached"
	_ "cluster/kubernetes/kubectl/start"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // kubeconfigs whose users are plugins
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/plugin"
	"k8s.io/kubectl/pkg/cmd/util"
)

func main() {
	// As upstream does: what kubectl logs before its flags are parsed (plugins, kuberc) obeys -v too.
	logs.GlogSetter(cmd.GetLogVerbosity(os.Args))
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	// As upstream's NewDefaultKubectlCommand, which keeps them to itself.
	flags := genericclioptions.NewConfigFlags(true).WithDeprecatedPasswordFlag().
		WithDiscoveryBurst(300).WithDiscoveryQPS(50.0).WithWarningPrinter(streams)
	kubectl := cmd.NewDefaultKubectlCommandWithArgs(cmd.KubectlOptions{
		PluginHandler: cmd.NewDefaultPluginHandler(plugin.ValidPluginFilenamePrefixes),
		Arguments:     os.Args,
		ConfigFlags:   flags,
		IOStreams:     streams,
	})
	factory := util.NewFactory(util.NewMatchVersionFlags(flags))
	for _, command := range kubectl.Commands() {
		switch command.Name() {
		case "run":
			attached.Run(command, factory, streams)
		case "debug":
			attached.Debug(command, factory, streams)
		}
	}
	if err := cli.RunNoErrOutput(kubectl); err != nil {
		util.CheckErr(err)
	}
}
