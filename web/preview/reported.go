package preview

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// reportedRecord is what the shell wants to know of a statement, or of what was
// refused.
type reportedRecord struct {
	Seq     int64           `json:"seq"`
	Verb    json.RawMessage `json:"verb,omitempty"`
	Object  json.RawMessage `json:"object,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Refused string          `json:"refused,omitempty"`
}

// reportedAtOnce is how many the shell is told of in one answer.
const reportedAtOnce = 100

// reported tells the shell what came since one that it knows: it may have been
// stored by another replica.
func (s *Server) reported(w http.ResponseWriter, r *http.Request, t ticket) {
	after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	stored, err := s.recordsSince(r.Context(), t.Run, after, reportedAtOnce, statementKind, refusalKind)
	if err != nil {
		s.refuse(w, r, t, "reported", err)
		return
	}
	list := []reportedRecord{}
	for _, one := range stored {
		record := reportedRecord{Refused: string(one.Body)}
		if one.Kind == statementKind {
			record = reportedRecord{}
			_ = json.Unmarshal(one.Body, &record) // it was JSON when it came
		}
		record.Seq = one.Seq
		list = append(list, record)
	}
	answerJSON(w, http.StatusOK, list)
}

// newUUID is a random one (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
