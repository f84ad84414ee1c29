package cli

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what this binary knows of itself.
type build struct {
	Version  string `json:"version"` // of the module; "(devel)" for a build from a checkout
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Show what this binary was built from", GroupID: groupCheck, Args: none,
		Example: "  orderq version\n  orderq version --json",
		RunE: a.do(func(context.Context, []string) error {
			info, _ := debug.ReadBuildInfo()
			b := buildOf(info)
			if a.json {
				return a.emit(b)
			}
			text := "orderq " + b.Version
			if b.Revision != "" {
				text += " (" + cut(b.Revision, 13)
				if b.Modified {
					text += ", modified"
				}
				text += ")"
			}
			a.say("%s %s %s", text, b.Go, b.Platform)
			return nil
		}),
	}
}

func buildOf(info *debug.BuildInfo) build {
	b := build{Version: "(unknown)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info == nil {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// buildVersion is this binary's own.
func buildVersion() string {
	info, _ := debug.ReadBuildInfo()
	return buildOf(info).Version
}
