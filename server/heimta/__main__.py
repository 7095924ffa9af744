"""`python -m heimta`: the same as the `heimta` command."""

try:
    from heimta.cli import main

    main()
except KeyboardInterrupt:  # Ctrl-C before a command took over: importing everything takes a second
    raise SystemExit(130) from None
