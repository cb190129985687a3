package workflow

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// versionCache keeps parsed programmes by version: a version never changes.
type versionCache struct {
	mu sync.RWMutex
	by map[string]*programme.Programme
}

func (v *versionCache) get(version string) *programme.Programme {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.by[version]
}

func (v *versionCache) put(p *programme.Programme) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.by == nil {
		v.by = map[string]*programme.Programme{}
	}
	v.by[p.Version] = p
}

const storeProgrammeSQL = `
with doc as (select cast($3 as jsonb) as d),
known as (insert into programmes (version, name, source, stored_at) values ($1, $2, $4, $5) on conflict do nothing returning version),
states as (insert into programme_states (programme, state) select known.version, s from known, doc, jsonb_array_elements_text(d -> 'states') as s),
stages as (insert into programme_stages (programme, stage, position, role, sign_offs, parts)
  select known.version, r.stage, r.position, r.role, r.sign_offs, array(select jsonb_array_elements_text(r.parts))
  from known, doc, jsonb_to_recordset(d -> 'stages') as r (stage text, position int, role text, sign_offs int, parts jsonb))
insert into programme_edges (programme, event, from_state, to_state)
select known.version, r."Event", r."From", r."To"
from known, doc, jsonb_to_recordset(d -> 'edges') as r ("Event" text, "From" text, "To" text)`

const rolesInFlightSQL = `
select p.id, st.role from proposals p join programme_stages st on st.programme = p.programme
where p.state not in ('draft', 'published', 'rejected', 'withdrawn') and not (st.role = any ($1))
order by p.id limit 100`

// Use makes p the programme that first submits pin from now on, and stores its
// version. It is refused if a proposal in flight needs a role that p doesn't
// know, with the list of those proposals.
//
// It is called once, at the start: it also prepares the hot statements.
func (s *Service) Use(ctx context.Context, p *programme.Programme) error {
	s.hot.load.Query, s.hot.lock.Query, s.hot.apply.Query = loadSQL, lockSQL, applySQL
	for _, st := range []*postgres.Statement{&s.hot.load, &s.hot.lock, &s.hot.apply} {
		if err := st.Prepare(ctx, s.DB); err != nil {
			return err
		}
	}
	return postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		known := pq.StringArray{Administrator}
		for _, r := range p.Roles {
			known = append(known, r.Key)
		}
		var needed []struct {
			ID   int64
			Role string
		}
		if err := tx.SelectContext(ctx, &needed, rolesInFlightSQL, known); err != nil {
			return fmt.Errorf("looking for the roles in use: %w", err)
		}
		var reasons []fault.Reason
		for _, n := range needed {
			reasons = append(reasons, reason("role_in_use", "programme", fmt.Sprintf("Proposal %d still needs the role %s.", n.ID, n.Role)))
		}
		if len(reasons) > 0 {
			return fault.New(fault.Refused, "The programme file drops a role that proposals in flight need. Keep the role until they have ended.", reasons...)
		}
		if err := storeProgramme(ctx, tx, p, s); err != nil {
			return err
		}
		s.versions.put(p)
		s.Current = p
		return nil
	})
}

func storeProgramme(ctx context.Context, tx *sqlx.Tx, p *programme.Programme, s *Service) error {
	type stage struct {
		Stage    string   `json:"stage"`
		Position int      `json:"position"`
		Role     string   `json:"role"`
		SignOffs int      `json:"sign_offs"`
		Parts    []string `json:"parts"`
	}
	stages := make([]stage, len(p.Stages))
	for i, st := range p.Stages {
		stages[i] = stage{st.Key, i + 1, st.Role, st.SignOffs, st.Parts}
	}
	doc, err := json.Marshal(map[string]any{"states": p.States(), "stages": stages, "edges": p.Edges()})
	if err != nil {
		return fmt.Errorf("storing the programme: %w", err)
	}
	if strings.ContainsRune(string(p.Source), 0) {
		return fault.New(fault.Invalid, "The programme file contains a NUL character.")
	}
	if _, err := tx.ExecContext(ctx, storeProgrammeSQL, p.Version, p.Name, string(doc), string(p.Source), s.now()); err != nil {
		return fmt.Errorf("storing the programme: %w", err)
	}
	return nil
}

const programmeSQL = `select source from programmes where version = $1`

// Programme gives a stored version.
func (s *Service) Programme(ctx context.Context, q postgres.Queryer, version string) (*programme.Programme, error) {
	if p := s.versions.get(version); p != nil {
		return p, nil
	}
	var source string
	err := q.GetContext(ctx, &source, programmeSQL, version)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("no programme has the version %s", version)
	}
	if err != nil {
		return nil, fmt.Errorf("reading a programme: %w", err)
	}
	p, err := programme.Parse("programme "+version[:12], []byte(source))
	if err != nil {
		return nil, fmt.Errorf("a stored programme is no longer valid: %w", err)
	}
	s.versions.put(p)
	return p, nil
}
