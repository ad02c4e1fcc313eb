from engine.networks.confined_job import Job


def convert(job: Job):
    raise NotImplementedError
