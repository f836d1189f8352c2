"""Random traffic of PostgreSQL's protocol, what plays it, and what compares the answers.

`script` is what a client does, `vocabulary` and `*_steps` make it up from a seed, `wire` plays it on a socket,
`comparison` tells two plays apart, `database` has the objects it is about, `shrinking` makes a failing one small.
"""
