package web

import (
	"net/http"
	"time"
)

// saved answers a form that its page saves as it is typed: when that was, and
// the version that the next save must name (see the package comment).
func saved(w http.ResponseWriter, version string, at time.Time) error {
	writeJSON(w, http.StatusOK, struct {
		Version string `json:"version"`
		Text    string `json:"text"`
	}{version, "Saved at " + at.In(london).Format("3:04pm")})
	return nil
}
