package accounts

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
)

const (
	ScopeRead       = "read"
	ScopePropose    = "propose"
	ScopeReview     = "review"
	ScopeLead       = "lead"
	ScopeAdminister = "administer"
)

type Rate struct {
	Limit, Left int
	Reset       time.Duration
}
type Bearer struct {
	Person Person
	Token  int64
	Scopes []string
	Rate   Rate
}
type NewToken struct {
	Name   string
	Scopes []string
	Days   int
}
type Token struct{ ID int64 }
type stub struct {
	p int64
	s []string
}

var stubs sync.Map

func (s *Service) ScopesFor(p Person) []string {
	l := []string{"read", "propose", "review"}
	if slices.Contains(p.Roles, "leadership") {
		l = append(l, "lead")
	}
	if slices.Contains(p.Roles, "administrator") {
		l = append(l, "administer")
	}
	return l
}
func (s *Service) MakeToken(ctx context.Context, p int64, n NewToken) (Token, string, error) {
	x := "rung_" + rand.Text()
	stubs.Store(x, stub{p, n.Scopes})
	return Token{}, x, nil
}
func (s *Service) Bearer(ctx context.Context, secret string) (b Bearer, err error) {
	x, ok := stubs.Load(secret)
	if !ok {
		return b, fault.New(fault.SignIn, "no")
	}
	b.Person, err = s.Current(ctx, x.(stub).p)
	b.Scopes = x.(stub).s
	b.Token = 1
	return
}
