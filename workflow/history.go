package workflow

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
)

// Link is what a history entry's hash is about.
type Link struct {
	Proposal     int64
	Seq          int
	At           time.Time
	Actor        int64 // 0: the system
	Event        string
	Programme    string
	From         string // "" for the first entry
	FromRevision int
	To           string
	Revision     int
	Detail       string // the stored text, to the letter
	Prev         []byte // nil for the first entry
}

// Sum is the SHA-256 of the link's lines, joined by line feeds: a fixed word,
// then the fields in the order of the struct, the time in microseconds of Unix
// time, the previous hash in hexadecimal. The database checks the same sum
// (constraint history_hash).
func (l Link) Sum() []byte {
	actor, fromRevision := "system", ""
	if l.Actor != 0 {
		actor = strconv.FormatInt(l.Actor, 10)
	}
	if l.Seq > 1 {
		fromRevision = strconv.Itoa(l.FromRevision)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{"rung-history-1",
		strconv.FormatInt(l.Proposal, 10), strconv.Itoa(l.Seq), strconv.FormatInt(l.At.UnixMicro(), 10), actor,
		l.Event, l.Programme, l.From, fromRevision, l.To, strconv.Itoa(l.Revision), l.Detail, hex.EncodeToString(l.Prev)}, "\n")))
	return sum[:]
}

// Entry is one entry of a proposal's history, for people.
type Entry struct {
	Seq       int
	At        time.Time
	Actor     int64
	ActorName string // "" for the system
	Event     string
	From, To  string
	Revision  int
	Detail    map[string]any // ids and digests
	Words     string         // the reason that was given, "" for none
	Hash      string         // hex
}

const historySQL = `
select h.seq, h.at, coalesce(h.actor, 0) as actor, coalesce(p.name, '') as actor_name, h.event, coalesce(h.from_state, '') as from_state,
  h.to_state, h.revision, h.detail, coalesce(r.words, '') as words, encode(h.hash, 'hex') as hash
from history h left join people p on p.id = h.actor left join remarks r on r.proposal_id = h.proposal_id and r.seq = h.seq
where h.proposal_id = $1 and h.seq > $2 order by h.seq limit nullif(cast($3 as bigint), 0)`

// History reads a proposal's entries after seq (0: all), oldest first. Its
// caller has checked that the reader may see the proposal.
func (s *Service) History(ctx context.Context, q postgres.Queryer, proposal int64, after int) ([]Entry, error) {
	return s.HistoryPage(ctx, q, proposal, after, 0)
}

// HistoryPage is History of limit entries at most (0: all).
func (s *Service) HistoryPage(ctx context.Context, q postgres.Queryer, proposal int64, after, limit int) ([]Entry, error) {
	var rows []struct {
		Seq       int
		At        time.Time
		Actor     int64
		ActorName string `db:"actor_name"`
		Event     string
		From      string `db:"from_state"`
		To        string `db:"to_state"`
		Revision  int
		Detail    string
		Words     string
		Hash      string
	}
	if err := q.SelectContext(ctx, &rows, historySQL, proposal, after, limit); err != nil {
		return nil, fmt.Errorf("reading the history of proposal %d: %w", proposal, err)
	}
	entries := make([]Entry, len(rows))
	for i, r := range rows {
		entries[i] = Entry{Seq: r.Seq, At: r.At.UTC(), Actor: r.Actor, ActorName: r.ActorName, Event: r.Event, From: r.From, To: r.To,
			Revision: r.Revision, Words: r.Words, Hash: r.Hash}
		if err := json.Unmarshal([]byte(r.Detail), &entries[i].Detail); err != nil {
			return nil, fmt.Errorf("reading entry %d of proposal %d: %w", r.Seq, proposal, err)
		}
	}
	return entries, nil
}

// notStale compares the proposal with what the actor saw.
func (s *Service) notStale(ctx context.Context, q postgres.Queryer, c *Case, seen Seen) error {
	if seen.State == c.State && seen.Revision == c.Revision && (!seen.Exactly || seen.Seq == c.Seq) {
		return nil
	}
	all, err := s.History(ctx, q, c.ID, 0)
	if err != nil {
		return err
	}
	since := 0 // entries up to this one were seen
	for i, e := range all {
		if seen.Seq == e.Seq || seen.Seq == 0 && e.To == seen.State && e.Revision == seen.Revision {
			since = i + 1
		}
	}
	stale := &Stale{Proposal: c.ID, State: c.State, Revision: c.Revision, Meanwhile: all[since:]}
	f := fault.New(fault.Stale, fmt.Sprintf("Somebody acted on this proposal while you had it open: it is %s now.", StateName(c.Programme, c.State)),
		reason("stale", "", "Look at what happened meanwhile, then decide again. Your words are kept."))
	f.Cause = stale
	return f
}

// ifSeen is notStale for an act whose actor need not say what they saw.
func (s *Service) ifSeen(ctx context.Context, q postgres.Queryer, c *Case, seen Seen) error {
	if seen == (Seen{}) {
		return nil
	}
	return s.notStale(ctx, q, c, seen)
}

// Broken is the first link of a chain that doesn't hold.
type Broken struct {
	Proposal int64
	Seq      int
	Why      string
}

func (b *Broken) Error() string {
	return fmt.Sprintf("the history of proposal %d is broken at entry %d: %s", b.Proposal, b.Seq, b.Why)
}

const verifySQL = `
select h.proposal_id as proposal, h.seq, h.at, coalesce(h.actor, 0) as actor, h.event, h.programme, coalesce(h.from_state, '') as from_state,
  coalesce(h.from_revision, 0) as from_revision, h.to_state, h.revision, h.detail, h.prev_hash, h.hash,
  p.head, p.seq as last, p.state as now_state, p.revision as now_revision
from history h join proposals p on p.id = h.proposal_id
where (h.proposal_id, h.seq) > ($1, $2)
order by h.proposal_id, h.seq limit 1000`

const headlessSQL = `select coalesce(min(p.id), 0) from proposals p where not exists (select from history h where h.proposal_id = p.id)`

type verifyRow struct {
	Proposal     int64
	Seq          int
	At           time.Time
	Actor        int64
	Event        string
	Programme    string
	From         string `db:"from_state"`
	FromRevision int    `db:"from_revision"`
	To           string `db:"to_state"`
	Revision     int
	Detail       string
	Prev         []byte `db:"prev_hash"`
	Hash         []byte
	Head         []byte
	Last         int
	NowState     string `db:"now_state"`
	NowRevision  int    `db:"now_revision"`
}

// VerifyHistory computes every chain anew and compares it with what is stored:
// each entry's hash, its link to the one before, and that the last one is the
// proposal's head and state. It tells how many entries and proposals hold; the
// error is *Broken for the first link that doesn't.
func VerifyHistory(ctx context.Context, q postgres.Queryer) (entries, proposals int, err error) {
	var headless int64
	if err := q.GetContext(ctx, &headless, headlessSQL); err != nil {
		return 0, 0, fmt.Errorf("verifying the history: %w", err)
	}
	if headless != 0 {
		return 0, 0, &Broken{Proposal: headless, Seq: 1, Why: "it has no entry at all"}
	}
	var prev verifyRow
	for {
		var rows []verifyRow
		if err := q.SelectContext(ctx, &rows, verifySQL, prev.Proposal, prev.Seq); err != nil {
			return entries, proposals, fmt.Errorf("verifying the history: %w", err)
		}
		for _, r := range rows {
			if r.Proposal != prev.Proposal {
				if err := prev.isHead(); err != nil {
					return entries, proposals, err
				}
				proposals++
				prev = verifyRow{Proposal: r.Proposal}
			}
			if why := r.follows(prev); why != "" {
				return entries, proposals, &Broken{Proposal: r.Proposal, Seq: r.Seq, Why: why}
			}
			entries++
			prev = r
		}
		if len(rows) == 0 {
			return entries, proposals, prev.isHead()
		}
	}
}

func (r verifyRow) follows(prev verifyRow) string {
	link := Link{Proposal: r.Proposal, Seq: r.Seq, At: r.At, Actor: r.Actor, Event: r.Event, Programme: r.Programme, From: r.From,
		FromRevision: r.FromRevision, To: r.To, Revision: r.Revision, Detail: r.Detail, Prev: r.Prev}
	switch {
	case r.Seq != prev.Seq+1:
		return fmt.Sprintf("entry %d is missing", prev.Seq+1)
	case !bytes.Equal(r.Prev, prev.Hash):
		return "it doesn't continue the entry before it"
	case r.From != prev.To || r.FromRevision != prev.Revision:
		return "it starts where the entry before it didn't end"
	case !bytes.Equal(link.Sum(), r.Hash):
		return "its content doesn't have the hash that is stored with it"
	}
	return ""
}

func (r verifyRow) isHead() error {
	switch {
	case r.Proposal == 0:
		return nil
	case r.Seq != r.Last || !bytes.Equal(r.Hash, r.Head):
		return &Broken{Proposal: r.Proposal, Seq: r.Seq, Why: "it is the last entry, but the proposal's head is another"}
	case r.To != r.NowState || r.Revision != r.NowRevision:
		return &Broken{Proposal: r.Proposal, Seq: r.Seq, Why: "it is the last entry, but the proposal is in another state"}
	}
	return nil
}

// StaleFrom gives what happened meanwhile, if err is a Stale of a proposal.
func StaleFrom(err error) (*Stale, bool) { return errors.AsType[*Stale](err) }
