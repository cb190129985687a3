package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/internal/postgres"
)

// SignInMailKind is the outbox kind of the mail that carries a code.
const SignInMailKind = "sign_in"

const insertAttempt = `
	insert into sign_in_attempts (id, email, client, browser_hash, asked_at, expires_at)
	values (cast($1 as uuid), $2, $3, $4, $5, $6)`

// StartSignIn asks for a code to be mailed to the address. The two strings it
// returns belong in a cookie of the browser that asked, and nowhere else: they
// are half of what CompleteSignIn wants. Of the secret only a hash is stored.
//
// It looks at no person, so it takes the same steps and gives the same answer
// whether the address is known, unknown or deactivated; SignInMail decides
// whether the mail leaves. client is the network address of who asks.
func (s *Service) StartSignIn(ctx context.Context, email, client string) (attempt, browserSecret string, err error) {
	if len(s.Secret) < MinSecret {
		return "", "", errSecret
	}
	email, err = CleanEmail(email)
	if err != nil {
		return "", "", err
	}
	client = clientKey(client)
	b, err := s.random(16 + 32)
	if err != nil {
		return "", "", fmt.Errorf("making a sign-in attempt: %w", err)
	}
	attempt, browserSecret = uuid4(b[:16]), base64.RawURLEncoding.EncodeToString(b[16:])
	hash := sha256.Sum256([]byte(browserSecret))
	now := s.now()

	err = postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		if err := lockCounts(ctx, tx, email, client); err != nil {
			return err
		}
		if err := s.roomToAsk(ctx, tx, email, client, now); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, insertAttempt, attempt, email, client, hash[:], now, now.Add(CodeLife)); err != nil {
			return fmt.Errorf("recording a sign-in attempt: %w", err)
		}
		return outbox.Put(ctx, tx, now, outbox.Message{
			Kind: SignInMailKind, Key: "sign_in:" + attempt, Payload: map[string]string{"attempt": attempt}, Due: now,
		})
	})
	if err != nil {
		return "", "", err
	}
	return attempt, browserSecret, nil
}

// uuid4 writes 16 random bytes as a version 4 UUID (RFC 9562).
func uuid4(b []byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

var (
	uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	codeForm = regexp.MustCompile(`^[0-9]{6}$`)
	// codeFiller is what people and mail programs put into a code they copy.
	codeFiller = strings.NewReplacer(" ", "", "\u00a0", "", "-", "", "\t", "", "\n", "", "\r", "")
)

// code derives the six digits of an attempt. They are stored nowhere: the mail
// is rendered from this, and a try is compared with this.
func (s *Service) code(attempt string) string {
	m := hmac.New(sha256.New, s.Secret)
	m.Write([]byte("rung sign-in code\x00" + attempt))
	// A million into 2^64: no code is likelier than another by more than one in 10^13.
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(m.Sum(nil))%1_000_000)
}

type attemptRow struct {
	Email       string     `db:"email"`
	BrowserHash []byte     `db:"browser_hash"`
	ExpiresAt   time.Time  `db:"expires_at"`
	Tries       int        `db:"tries"`
	UsedAt      *time.Time `db:"used_at"`
}

const (
	// The lock makes tries of one code follow one another: parallel guesses
	// count, and of two right ones the second finds the code used.
	lockAttempt = `
		select email, browser_hash, expires_at, tries, used_at
		from sign_in_attempts where id = cast($1 as uuid) for update`
	countTry = `update sign_in_attempts set tries = tries + 1, used_at = $2 where id = cast($1 as uuid)`
	addMiss  = `insert into sign_in_misses (email, client, missed_at) values ($1, $2, $3)`
	// No row comes back for a deactivated person. The greatest() is for a
	// replica whose clock is behind that of the one which made the row.
	welcome = `
		insert into people (email, name, created_at, first_sign_in_at) values ($1, $2, $3, $3)
		on conflict (email) do update
			set first_sign_in_at = coalesce(people.first_sign_in_at, greatest(people.created_at, excluded.created_at))
			where people.deactivated_at is null
		returning id`
)

// CompleteSignIn signs in the person who typed the code into the browser that
// asked for it; attempt and browserSecret come from that browser's cookie. The
// first success makes the person, with a name guessed from the address.
//
// It refuses without the cookie, after ten minutes, after five tries, a second
// time, and while too many wrong codes count against the address or the
// client. The caller then renews the session's token and puts PersonKey in it.
func (s *Service) CompleteSignIn(ctx context.Context, attempt, browserSecret, code, client string) (Person, error) {
	if len(s.Secret) < MinSecret {
		return Person{}, errSecret
	}
	code = codeFiller.Replace(code)
	if !codeForm.MatchString(code) {
		return Person{}, badCode(fault.Invalid, "code_form", "Enter the six digits from the email.")
	}
	if !uuidForm.MatchString(attempt) {
		return Person{}, otherBrowser()
	}
	client, now := clientKey(client), s.now()

	var person Person
	var refusal error // told after the commit: a wrong try must be on record
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		var a attemptRow
		err := tx.GetContext(ctx, &a, lockAttempt, attempt)
		if errors.Is(err, sql.ErrNoRows) {
			return otherBrowser()
		}
		if err != nil {
			return fmt.Errorf("reading a sign-in attempt: %w", err)
		}
		if err := usable(a, browserSecret, now); err != nil {
			return err
		}
		if err := lockCounts(ctx, tx, a.Email, client); err != nil {
			return err
		}
		if err := s.roomToTry(ctx, tx, a.Email, client, now); err != nil {
			return err
		}
		if subtle.ConstantTimeCompare([]byte(code), []byte(s.code(attempt))) != 1 {
			refusal = wrongCode(MaxTries - a.Tries - 1)
			return recordMiss(ctx, tx, attempt, a.Email, client, now)
		}
		if _, err := tx.ExecContext(ctx, countTry, attempt, now); err != nil {
			return fmt.Errorf("using a sign-in code: %w", err)
		}
		var id int64
		err = tx.GetContext(ctx, &id, welcome, a.Email, guessName(a.Email), now)
		if errors.Is(err, sql.ErrNoRows) {
			// They have shown that the address is theirs, so they may be told.
			refusal = fault.New(fault.Forbidden, "This account is closed. Ask an administrator of the programme to open it again.")
			return nil
		}
		if err != nil {
			return fmt.Errorf("welcoming a person: %w", err)
		}
		person, err = readPerson(ctx, tx, id)
		return err
	})
	if err != nil {
		return Person{}, err
	}
	return person, refusal
}

// usable says why no code can be tried on the attempt, nil if one can. The
// browser is looked at first: without its cookie nothing is told of the rest.
func usable(a attemptRow, browserSecret string, now time.Time) error {
	hash := sha256.Sum256([]byte(browserSecret))
	switch {
	case subtle.ConstantTimeCompare(hash[:], a.BrowserHash) != 1:
		return otherBrowser()
	case a.UsedAt != nil:
		return badCode(fault.Refused, "code_used", "This code has been used. Ask for a new one.")
	case !now.Before(a.ExpiresAt):
		return badCode(fault.Refused, "code_expired", "This code has run out, as each does after ten minutes. Ask for a new one.")
	case a.Tries >= MaxTries:
		return badCode(fault.Refused, "code_tries", "This code was mistyped five times. Ask for a new one.")
	}
	return nil
}

func recordMiss(ctx context.Context, tx *sqlx.Tx, attempt, email, client string, now time.Time) error {
	if _, err := tx.ExecContext(ctx, countTry, attempt, nil); err != nil {
		return fmt.Errorf("counting a sign-in try: %w", err)
	}
	if _, err := tx.ExecContext(ctx, addMiss, email, client, now); err != nil {
		return fmt.Errorf("recording a wrong code: %w", err)
	}
	return nil
}

func wrongCode(left int) error {
	text := fmt.Sprintf("This is not the code we sent. You have %d tries left.", left)
	switch left {
	case 1:
		text = "This is not the code we sent. You have one try left."
	case 0:
		text = "This is not the code we sent, and that was the last try. Ask for a new one."
	}
	return badCode(fault.Invalid, "code_wrong", text)
}

func badCode(k fault.Kind, code, text string) error {
	return fault.New(k, "You are not signed in yet.", fault.Reason{Code: code, Field: "code", Text: text})
}

func otherBrowser() error {
	return badCode(fault.Refused, "other_browser",
		"Type the code into the browser in which you asked for it, or ask for a new code here.")
}

const attemptForMail = `
	select a.email, a.expires_at, a.tries, a.used_at, p.deactivated_at is not null as closed
	from sign_in_attempts a left join people p on p.email = a.email
	where a.id = cast($1 as uuid)`

// SignInMail gives what the mail of an attempt says: the address, the code and
// when it runs out. holds is false, with the reason in why, when the mail
// should not leave any more; email and code are then empty.
func (s *Service) SignInMail(ctx context.Context, attempt string) (email, code string, expires time.Time, holds bool, why string, err error) {
	if len(s.Secret) < MinSecret {
		return "", "", time.Time{}, false, "", errSecret
	}
	if !uuidForm.MatchString(attempt) {
		return "", "", time.Time{}, false, "no such sign-in attempt", nil
	}
	var a struct {
		attemptRow
		Closed bool `db:"closed"`
	}
	err = s.DB.GetContext(ctx, &a, attemptForMail, attempt)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", "", time.Time{}, false, "no such sign-in attempt", nil
	case err != nil:
		return "", "", time.Time{}, false, "", fmt.Errorf("reading a sign-in attempt: %w", err)
	case a.Closed:
		why = "the account is deactivated"
	case a.UsedAt != nil:
		why = "the code has been used"
	case a.Tries >= MaxTries:
		why = "the code has no tries left"
	case !s.now().Before(a.ExpiresAt):
		why = "the code has run out"
	}
	if why != "" {
		return "", "", a.ExpiresAt, false, why, nil
	}
	return a.Email, s.code(attempt), a.ExpiresAt, true, "", nil
}
