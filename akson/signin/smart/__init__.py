"""Our SMART App Launch 2.2 authorisation server: apps that a person, or the operator, lets into the record.

    apps         apps as the operator registers them
    asking       an authorisation request, checked; scopes, cut to what the app may be given
    granting     what was given: grants, codes, launches, refresh tokens (database)
    server       the token endpoint: codes, refresh, backend services; introspection and revocation
    proving      private_key_jwt with registered keys
    routes       the HTTP side; consenting.py the page on which a person decides
    telling      the discovery documents, and what scopes mean in plain words
    limits       how much each client may ask in a minute

People sign in by the sessions of `akson.signin`, whoever vouches for them; tokens never carry a national id.
"""
