package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"orderq/store/hook"
)

// sign gives the header webhook-signature: one signature per secret, the newest first.
func sign(secrets []hook.Secret, id string, at time.Time, body []byte) (string, error) {
	all := make([]string, len(secrets))
	for i, s := range secrets {
		key, err := s.Key()
		if err != nil {
			return "", err
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		all[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(all, " "), nil
}
