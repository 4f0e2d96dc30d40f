"""The content security policy of the portal's pages."""

_BEFORE = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
_AFTER = "; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

POLICY = f"{_BEFORE}form-action 'self'{_AFTER}"


def leading_to(origin: str) -> str:
    """For a page whose form ends at an application: browsers follow no redirect of a form to an origin that is not
    named here. `origin` comes from a registered address, never from a request."""
    return f"{_BEFORE}form-action 'self' {origin}{_AFTER}" if origin else POLICY
