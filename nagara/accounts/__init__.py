"""Staff accounts: who they are, how they sign in, their sessions, and the keys of other systems.

Passwords are argon2id, tokens and keys digests, second factors sealed; what happens to them is written down.
"""

from __future__ import annotations

from nagara.accounts.account import Account, Lack, SignedIn, split_sign_in_name
from nagara.accounts.keys import add_key, key_label
from nagara.accounts.people import add_account
from nagara.accounts.sessions import account_of_token, is_signed_in, sign_in, sign_out

__all__ = [
    "Account",
    "Lack",
    "SignedIn",
    "account_of_token",
    "add_account",
    "add_key",
    "is_signed_in",
    "key_label",
    "sign_in",
    "sign_out",
    "split_sign_in_name",
]
