package yeastartest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// slowDisk lets a test decide when a sync ends, once it is slow.
type slowDisk struct {
	brokenDisk
	slow          atomic.Bool
	syncing, sync chan struct{}
}

func (d *slowDisk) Sync() error {
	if d.slow.Load() {
		d.syncing <- struct{}{}
		<-d.sync
	}
	return nil
}

func TestNobodySeesAnOrderThatIsNotInTheJournalYet(t *testing.T) {
	t.Parallel()
	for _, path := range []string{listPath, "/_ledger"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			disk := &slowDisk{brokenDisk: brokenDisk{left: 1000}, syncing: make(chan struct{}), sync: make(chan struct{})}
			p := open(t, Options{Journal: disk})
			disk.slow.Store(true)
			saved := make(chan answered, 1)
			go func() { a, _ := p.save(minutes("canary-1")); saved <- a }()
			<-disk.syncing // the request
			disk.sync <- struct{}{}
			<-disk.syncing // the order
			read := make(chan answered, 1)
			go func() { a, _ := p.send(p.request(http.MethodGet, path, nil)); read <- a }()
			for !p.log.waited() { // until the reader stands before the journal
				select {
				case a := <-read:
					t.Fatalf("told before it was synced: %.200s", a.body)
				default:
				}
			}
			disk.sync <- struct{}{}
			decode[orderJSON](t, <-saved)
			if a := <-read; !strings.Contains(string(a.body), "canary-1") {
				t.Errorf("got %.200s", a.body)
			}
		})
	}
}

// waited says whether somebody waits for what is under way: a writer that waits keeps readers out.
func (j *journal) waited() bool {
	if j.underway.TryRLock() {
		j.underway.RUnlock()
		return false
	}
	return true
}

// childJournal names the journal of the process that TestAKilledPortalHasToldNothingThatIsNotInItsJournal kills.
const childJournal = "YEASTARTEST_CHILD_JOURNAL"

// child is that process: a portal until it is killed.
func child(path string) error {
	f, past, err := OpenJournal(path)
	if err != nil {
		return err
	}
	s, err := Resume(Options{Journal: f, Strangers: 0.3, Faults: Faults{DropAfter: 0.1}}, past)
	if err != nil {
		return err
	}
	s.listen()
	fmt.Println(s.URL())
	_, err = io.Copy(io.Discard, os.Stdin) // until it is killed, or nobody is left to do it
	return err
}

func TestAKilledPortalHasToldNothingThatIsNotInItsJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	answered := map[string]string{} // order numbers by poNumber
	listed := map[string]bool{}
	var mu sync.Mutex
	for life := range 3 {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), childJournal+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cmd.StdinPipe(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		url, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		p := &portal{Server: &Server{opt: Options{ClientID: "sim-client", ClientSecret: "sim-secret"}, url: strings.TrimSpace(url)}, t: t,
			http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}}
		p.token = p.login()
		var all sync.WaitGroup
		enough := make(chan struct{}, 4*400)
		for w := range 4 {
			all.Go(func() {
				for i := range 400 {
					po := fmt.Sprintf("oq.%d.%d.%d-1", life, w, i)
					a, err := p.save(minutes(po))
					b, listErr := p.send(p.request(http.MethodGet, listPath, nil))
					if err != nil && listErr != nil {
						return // killed
					}
					mu.Lock()
					var made orderJSON
					if err == nil && json.Unmarshal(a.env.Result, &made) == nil {
						answered[po] = made.OrderNo
					}
					var list listJSON
					if listErr == nil && json.Unmarshal(b.env.Result, &list) == nil {
						for _, row := range list.Results {
							listed[row.OrderNo] = true
						}
					}
					mu.Unlock()
					enough <- struct{}{}
				}
			})
		}
		for range 60 {
			<-enough
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		all.Wait()
		p.http.CloseIdleConnections()
	}
	f, past, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := Resume(Options{}, past)
	if err != nil {
		t.Fatal(err)
	}
	l := s.Ledger()
	for po, orderNo := range answered {
		if made := l.Committed(po); len(made) != 1 || made[0].OrderNo != orderNo || l.Requests[po] != 1 {
			t.Errorf("%s was answered with %s; the journal has %+v and %d requests", po, orderNo, made, l.Requests[po])
		}
	}
	for orderNo := range listed {
		if s.orders.byKey[orderNo] == nil {
			t.Errorf("%s was listed and is not in the journal", orderNo)
		}
	}
	byHand := 0
	for _, o := range l.Orders {
		if o.ByHand {
			byHand++
		}
	}
	if len(answered) < 100 || len(listed) < 150 || byHand < 20 {
		t.Errorf("only %d answered, %d listed, %d by hand: the test shows little", len(answered), len(listed), byHand)
	}
}
