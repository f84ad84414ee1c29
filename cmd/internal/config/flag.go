package config

import (
	"github.com/spf13/pflag"
)

// Flags are the settings' flags of one command.
type Flags struct{ set *pflag.FlagSet }

// Bind adds a flag per variable to a command's set (cobra's PersistentFlags, say). Secrets get a flag
// for their file only. With names, only those variables get theirs.
func Bind(set *pflag.FlagSet, names ...string) *Flags {
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	for _, v := range variables() {
		if len(names) > 0 && !wanted[v.name] {
			continue
		}
		if v.flag {
			set.String(v.flagName(), "", v.help())
			if v.preset == "false" {
				set.Lookup(v.flagName()).NoOptDefVal = "true"
			}
		}
		if v.secret {
			set.String(v.flagName()+"-file", "", "`path` of a file with the value of "+v.name)
		}
	}
	return &Flags{set: set}
}

func (v variable) help() string {
	if v.preset == "" || v.preset == "false" {
		return v.usage + " [" + v.name + "]"
	}
	return v.usage + " (default " + v.preset + ") [" + v.name + "]"
}

// Over gives the environment as Load is to see it: a flag that was given beats its variable, and a
// value given by flag beats a file named in the environment, and the other way round. Call it after the
// flags were parsed.
func (f *Flags) Over(env func(string) (string, bool)) func(string) (string, bool) {
	given := map[string]string{}
	hidden := map[string]bool{}
	for _, v := range variables() {
		for flag, name := range map[string]string{v.flagName(): v.name, v.flagName() + "-file": v.fileName()} {
			if name == v.fileName() && !v.secret {
				continue
			}
			if fl := f.set.Lookup(flag); fl != nil && fl.Changed {
				given[name] = fl.Value.String()
				hidden[v.name], hidden[v.fileName()] = true, true
			}
		}
	}
	return func(name string) (string, bool) {
		if text, ok := given[name]; ok {
			return text, true
		}
		if hidden[name] {
			return "", false
		}
		return env(name)
	}
}

// Given lists the variables whose flags, or whose files' flags, were given. Call it after the flags were parsed.
func (f *Flags) Given() []string {
	var names []string
	for _, v := range variables() {
		for _, flag := range []string{v.flagName(), v.flagName() + "-file"} {
			if fl := f.set.Lookup(flag); fl != nil && fl.Changed {
				names = append(names, v.name)
			}
		}
	}
	return names
}
