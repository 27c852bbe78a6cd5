"""Python's own logging: the configs of each case, as Hydra hands them to `logging.config`, and its records.

Standard input names folders, one a line; each holds a `case.json`. Lines go where the configs say, below the folder's
`peer`; what goes to the standard streams lies there as `out` and `err`. A process of its own for each case, since
there is one `logging` in a process.
"""
import json
import logging
import logging.config
import os
import sys


def run(case):
    # As the modules of a program do when they are imported.
    for record in case["records"]:
        logging.getLogger(record["name"])
    verbose = case["verbose"]
    for config in (case["hydra_logging"], case["job_logging"]):
        if config["root"] is not None:
            logging.config.dictConfig(config)
        for name in {True: [None], False: []}[verbose] if isinstance(verbose, bool) else verbose:
            logging.getLogger(name).setLevel(logging.DEBUG)
    for record in case["records"]:
        logger = logging.getLogger(record["name"])
        if logger.isEnabledFor(record["level"]):
            made = logger.makeRecord(
                record["name"], record["level"], case["file"], case["line"], record["message"], (), None,
                func="(unknown function)",
            )
            made.process = case["process"]
            made.threadName = case["thread"]
            logger.handle(made)


for folder in sys.stdin.read().splitlines():
    child = os.fork()
    if child == 0:
        os.chdir(folder + "/peer")
        os.dup2(os.open("out", os.O_WRONLY | os.O_CREAT), 1)
        os.dup2(os.open("err", os.O_WRONLY | os.O_CREAT), 2)
        with open("../case.json", encoding="utf-8") as file:
            # The config names files of the run by their whole paths.
            case = json.loads(file.read().replace(folder, folder + "/peer"))
        run(case)
        logging.shutdown()
        sys.exit(0)
    if os.waitpid(child, 0)[1] != 0:
        with open(folder + "/peer/err", encoding="utf-8") as file:
            sys.exit(folder + "\n" + file.read())
