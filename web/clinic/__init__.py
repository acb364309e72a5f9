"""The pages for practices' people: `/members/…` is where they sign in, `/clinic/{practice}/…` one practice's pages.

They look as the team's console does and use its sign-in, sessions and forms, but nobody is let in to both: an account
is of the team or of practices, and each side finds only its own. What somebody may not see is answered with 404.
"""
