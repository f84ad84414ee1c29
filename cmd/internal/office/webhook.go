package office

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"orderq/store"
	"orderq/store/hook"
	"orderq/tasks"
	"orderq/worker/webhook"
)

// NewWebhook is an endpoint as people write it.
type NewWebhook struct {
	URL           string
	States, Kinds []string // none: all
	Description   string
	Disabled      bool
	By            string
}

// SecretWebhook is an endpoint with the secret that signs from now on, which is shown this once.
type SecretWebhook struct {
	hook.Endpoint
	Secret string `json:"secret"`
}

// Hooks are the account's endpoints.
func (o *Office) Hooks() *hook.Hooks { return hook.Of(o.Store) }

// maxDescription is as long as what people write beside a URL.
const maxDescription = 500

// AddWebhook checks and keeps an endpoint. A *tasks.Invalid where something cannot be meant, hook.ErrTooMany where there
// are many.
func (o *Office) AddWebhook(ctx context.Context, n NewWebhook) (SecretWebhook, error) {
	c, err := o.checkWebhook(WebhookChange{URL: &n.URL, States: &n.States, Kinds: &n.Kinds, Description: &n.Description})
	if err != nil {
		return SecretWebhook{}, err
	}
	e := hook.Endpoint{URL: n.URL, States: *c.States, Kinds: n.Kinds, Description: n.Description, Enabled: !n.Disabled, By: n.By}
	if n.Disabled {
		e.Why = "disabled by " + n.By
	}
	e, secret, err := o.Hooks().Add(ctx, e)
	return SecretWebhook{e, secret.Reveal()}, err
}

// WebhookChange is what becomes another of an endpoint, as people write it. nil stays as it is.
type WebhookChange struct {
	URL           *string
	States, Kinds *[]string // none in it: all
	Description   *string
}

// ChangeWebhook checks what is new of an endpoint, as it would be of a new one, and changes it in one step. A
// *tasks.Invalid where something cannot be meant or nothing is to be changed, hook.ErrNotFound where there is none.
func (o *Office) ChangeWebhook(ctx context.Context, id string, n WebhookChange, by string) (hook.Endpoint, error) {
	if n == (WebhookChange{}) {
		return hook.Endpoint{}, wrong("", "", "nothing is to be changed: say url, states, kinds or description")
	}
	c, err := o.checkWebhook(n)
	if err != nil {
		return hook.Endpoint{}, err
	}
	return o.Hooks().Change(ctx, id, c, by)
}

// checkWebhook reads what people write of an endpoint. A *tasks.Invalid where something cannot be meant.
func (o *Office) checkWebhook(n WebhookChange) (hook.Change, error) {
	var bad []tasks.Problem
	add := func(field, value, message string) {
		bad = append(bad, tasks.Problem{Field: field, Value: tasks.Shown(value), Message: message})
	}
	c := hook.Change{URL: n.URL, Kinds: n.Kinds, Description: n.Description}
	if n.URL != nil {
		if err := o.guard().CheckURL(*n.URL); err != nil {
			add("url", "", err.Error()) // not quoted: what is wrong with it may be a password
		}
	}
	if n.States != nil {
		states := []store.State{}
		for _, s := range *n.States {
			if !slices.Contains(StateNames(), s) {
				add("states", s, wantOneOf(s, StateNames()))
			}
			states = append(states, store.State(s))
		}
		c.States = &states
	}
	if n.Kinds != nil {
		for _, k := range *n.Kinds {
			if !slices.Contains(KindNames(), k) {
				add("kinds", k, wantOneOf(k, KindNames()))
			}
		}
	}
	if n.Description != nil {
		switch text := *n.Description; {
		case len(text) > maxDescription:
			add("description", text, fmt.Sprintf("has %d bytes, at most %d: shorten it", len(text), maxDescription))
		case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
			add("description", text, "contains a control character, or is not UTF-8")
		}
	}
	if bad != nil {
		return c, &tasks.Invalid{Problems: bad[:min(len(bad), 20)]}
	}
	return c, nil
}

func (o *Office) guard() webhook.Guard { return webhook.Guard{Allow: o.Config.WebhookAllow} }

const (
	// KeepUsual is for how long a rotated secret signs on: receivers are changed one by one.
	KeepUsual = 24 * time.Hour
	keepMost  = 7 * 24 * time.Hour
)

// RotateWebhook draws a new secret; the one before signs too for a while. keep is a time such as 24h, 0s to end it at
// once, or "" for the usual.
func (o *Office) RotateWebhook(ctx context.Context, id, keep, by string) (SecretWebhook, error) {
	d := KeepUsual
	if keep != "" {
		var err error
		if d, err = time.ParseDuration(keep); err != nil || d < 0 || d > keepMost {
			return SecretWebhook{}, wrong("keep", keep, fmt.Sprintf("want a time from 0s to %v, such as 24h", keepMost))
		}
	}
	secret, err := o.Hooks().Rotate(ctx, id, d, by)
	if err != nil {
		return SecretWebhook{}, err
	}
	e, err := o.Hooks().Get(ctx, id)
	return SecretWebhook{e, secret.Reveal()}, err
}

// TestWebhook sends an endpoint a webhook.test event now, from this process, and gives what came of it.
func (o *Office) TestWebhook(ctx context.Context, id string) (hook.Entry, error) {
	e, err := o.Hooks().Get(ctx, id)
	if err != nil {
		return hook.Entry{}, err
	}
	s := webhook.NewSender(webhook.SenderConfig{Guard: o.guard()})
	defer s.Close()
	return s.Test(ctx, o.Hooks(), o.Config.Account, e, strings.ToLower(rand.Text()))
}

var eventID = regexp.MustCompile(`^[0-9]{1,18}-[0-9]{1,18}$`)

// ReplayWebhook lets one event be delivered again, or all behind since: an event's id, or a time. A *tasks.Invalid
// where neither or both are given, hook.ErrNotKept where the event is gone.
func (o *Office) ReplayWebhook(ctx context.Context, id, event, since, by string) (hook.Endpoint, error) {
	e, err := o.Hooks().Get(ctx, id)
	if err != nil {
		return e, err
	}
	switch {
	case (event == "") == (since == ""):
		return e, wrong("event", "", "say one: an event's id, or since when")
	case event != "" && !eventID.MatchString(event):
		return e, wrong("event", event, "is no event's id, such as 1764057600000-0: take it from the log")
	case event != "":
		err = o.Hooks().Replay(ctx, id, event, by)
	default:
		err = o.replaySince(ctx, e, since, by)
	}
	if err != nil {
		return e, err
	}
	return o.Hooks().Get(ctx, id)
}

func (o *Office) replaySince(ctx context.Context, e hook.Endpoint, since, by string) error {
	if at, err := time.Parse(time.RFC3339, since); err == nil && at.UnixMilli() > 0 {
		since = fmt.Sprintf("%d-999999999999", at.UnixMilli()-1) // what happened at that moment is meant too
	}
	if !eventID.MatchString(since) {
		return wrong("since", since, "want an event's id, such as 1764057600000-0, or a time, such as 2026-12-01T08:00:00Z")
	}
	if !hook.Earlier(since, e.Cursor) {
		return wrong("since", since, "nothing behind it was looked at yet: there is nothing to replay")
	}
	return o.Hooks().ReplaySince(ctx, e.ID, since, by)
}

func wrong(field, value, message string) error {
	return &tasks.Invalid{Problems: []tasks.Problem{{Field: field, Value: tasks.Shown(value), Message: message}}}
}
