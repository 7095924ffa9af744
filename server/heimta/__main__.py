from heimta.cli import main

main()
