package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Load reads every variable through env (os.LookupEnv, or [Flags.Over]) and checks them together. The
// error joins all that is wrong, one line each.
func Load(env func(string) (string, bool)) (Config, error) {
	var c Config
	var errs []error
	for _, v := range variables() {
		text, from, err := v.read(env)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if text == "" {
			if text = v.preset; text == "" {
				continue
			}
		}
		if err := v.set(&c, text); err != nil {
			shown := fmt.Sprintf("%.80q: ", text)
			if v.secret {
				shown = "" // the reason must do, and must not quote either
			}
			errs = append(errs, fmt.Errorf("%s: %s%w", from, shown, err))
		}
	}
	if len(errs) > 0 {
		// What depends on a wrong value would only be wrong after it.
		return Config{}, errors.Join(errs...)
	}
	if err := c.derive(env); err != nil {
		return Config{}, err
	}
	if err := c.relate(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// maxSecret bounds a secret's file: a path given by mistake, of a log or a device, ends in an error.
const maxSecret = 64 << 10

// read gives the variable's text and the name it came under, empty where it is not set.
func (v variable) read(env func(string) (string, bool)) (text, from string, err error) {
	text, _ = env(v.name)
	if !v.secret {
		return text, v.name, nil
	}
	path, _ := env(v.fileName())
	switch {
	case path == "":
		return text, v.name, nil
	case text != "":
		return "", "", fmt.Errorf("%s and %s are both set: unset one", v.name, v.fileName())
	}
	f, err := os.Open(path)
	if err != nil {
		return "", "", fmt.Errorf("%s: %w: give the path of a readable file", v.fileName(), err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch {
	case err != nil:
		return "", "", fmt.Errorf("%s: %w: give the path of a readable file", v.fileName(), err)
	case len(b) > maxSecret:
		return "", "", fmt.Errorf("%s: %s has more than %d bytes: give the path of the secret's file", v.fileName(), path, maxSecret)
	}
	// Editors and `echo` end a file with a line break; no secret has one.
	text = strings.TrimRight(string(b), "\r\n")
	switch {
	case text == "":
		return "", "", fmt.Errorf("%s: %s is empty: put the value in it", v.fileName(), path)
	case strings.ContainsAny(text, "\r\n\x00"):
		return "", "", fmt.Errorf("%s: %s has more than one line: leave the value alone in it", v.fileName(), path)
	}
	return text, v.fileName(), nil
}
