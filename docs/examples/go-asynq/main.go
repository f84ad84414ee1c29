package main

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hibiken/asynq"
)

// intent is what is ordered; the README has all its fields. They are read strictly: a slip is refused.
type intent struct {
	Reference string `json:"reference"`
	Kind      string `json:"kind"`
	ProductNo string `json:"productNo"`
	Quantity  int    `json:"quantity"`
}

func main() {
	redis := flag.String("redis", "redis://127.0.0.1:6379/0", "where orderq's Redis is")
	in := intent{Kind: "add_recording_minutes"}
	flag.StringVar(&in.Reference, "reference", "", "your idempotency key")
	flag.StringVar(&in.ProductNo, "product-no", "", "the PBX's serial number")
	flag.IntVar(&in.Quantity, "quantity", 0, "minutes")
	flag.Parse()
	if err := place(*redis, in); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(orderID(in.Reference))
}

// place enqueues the order. To do it again under the same reference orders nothing twice, whatever became of the task.
func place(redis string, in intent) error {
	at, err := asynq.ParseRedisURI(redis)
	if err != nil {
		return err
	}
	client := asynq.NewClient(at)
	defer client.Close()
	payload, err := json.Marshal(in)
	if err != nil {
		return err
	}
	_, err = client.Enqueue(asynq.NewTask("order:place", payload),
		asynq.Queue("orders"),
		asynq.TaskID(orderID(in.Reference)), // so that it is found in the dashboard under the order's id
		asynq.MaxRetry(1<<30),               // the worker decides how often
		asynq.Timeout(2*time.Minute),
		asynq.Retention(24*time.Hour),
	)
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil // it is there already
	}
	return err
}

// orderID is how orderq names the order of this reference, in the account default.
func orderID(reference string) string {
	sum := sha256.Sum256([]byte("default\x00" + reference))
	return "oq" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:24]
}
