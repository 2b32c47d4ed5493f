"""The workflow: one rule per stage, in DAG order. How to use it: README.md.

    snakemake --cores 1 workers/violet/vis.mp4   # one clip
    snakemake --cores 1                          # every clip in config.yaml
    snakemake --cores 1 workers/violet/export/done       # its layers in all formats
    snakemake --cores 1 workers/violet/export/psd.done   # in one
    snakemake --cores 1 workers/violet/inbetween.mp4     # with new frames in between
    snakemake --cores 1 workers/violet/upscale.mp4       # enlarged

Each rule declares the record of its stage, which lists the artifacts the stage made. A stage runs
again when an artifact is gone, or when its settings, its code or the records it reads change.
"""

from toondecompose.core.interrupts import hush_interrupts

hush_interrupts()

from toondecompose.pipeline.process import check_config, hush, prepare_environment, take_targets
from toondecompose.pipeline.sources import fingerprint, sources
from toondecompose.pipeline.workflow import Workflow

# What --configfile names is the whole config: Snakemake by itself would add it to config.yaml, and
# make the clips of both.
configs = workflow.overwrite_configfiles or ["config.yaml"]
check_config(*configs)
if not workflow.overwrite_configfiles:

    configfile: "config.yaml"


prepare_environment()
hush()
clips = Workflow(config, files=configs, main=workflow.is_main_process)
clips.limit_memory(workflow)
take_targets(workflow)

RECORD = "workers/{{clip}}/records/{}.json".format
LOG = "workers/{{clip}}/logs/{}.log".format
BENCHMARK = "workers/{{clip}}/benchmarks/{}.tsv".format
MODULE = "toondecompose.stages.{}".format
EXPORT = "toondecompose.export.{}".format
STAGE = (
    "python -m toondecompose.stages.{} --clip workers/{{wildcards.clip}} "
    "--settings {{params.settings:q}} --record {{output.record}} --log {{log}}"
).format


rule all:
    input:
        expand("workers/{clip}/vis.mp4", clip=clips.clips),


rule render_violet:
    input:
        note=clips.rendered_note(),
        code=sources("data.violet.render"),
    output:
        "data/violet/frames.json",
    params:
        code=fingerprint("data.violet.render"),
    log:
        "data/violet/render.log",
    benchmark:
        "data/violet/render.tsv"
    conda:
        "environment.yml"
    shell:
        "python -m data.violet.render --out data/violet > {log} && "
        "python -m toondecompose.reading.inputs data/violet/frames {output}"


rule frames:
    input:
        listing=clips.listing(),
        note=clips.note("frames"),
        code=sources(MODULE("frames")),
    output:
        record=RECORD("frames"),
    params:
        settings=clips.settings("frames"),
        code=fingerprint(MODULE("frames")),
    log:
        LOG("frames"),
    benchmark:
        BENCHMARK("frames")
    threads: clips.threads("frames")
    resources:
        mem_mb=clips.resource("frames", "mem_mb"),
        disk_mb=clips.resource("frames", "disk_mb"),
        runtime=clips.resource("frames", "runtime"),
        gpu=clips.resource("frames", "gpu"),
    conda:
        "environment.yml"
    shell:
        STAGE("frames")


rule flow:
    input:
        frames=RECORD("frames"),
        checkpoint=clips.checkpoint(),
        note=clips.note("flow"),
        code=sources(MODULE("flow")),
    output:
        record=RECORD("flow"),
    params:
        settings=clips.settings("flow"),
        code=fingerprint(MODULE("flow")),
    log:
        LOG("flow"),
    benchmark:
        BENCHMARK("flow")
    threads: clips.threads("flow")
    resources:
        mem_mb=clips.resource("flow", "mem_mb"),
        disk_mb=clips.resource("flow", "disk_mb"),
        runtime=clips.resource("flow", "runtime"),
        gpu=clips.resource("flow", "gpu"),
    conda:
        "environment.yml"
    shell:
        STAGE("flow")


rule alpha:
    input:
        frames=RECORD("frames"),
        flow=RECORD("flow"),
        hints=clips.hints(),
        note=clips.note("alpha"),
        code=sources(MODULE("alpha")),
    output:
        record=RECORD("alpha"),
    params:
        settings=clips.settings("alpha"),
        code=fingerprint(MODULE("alpha")),
    log:
        LOG("alpha"),
    benchmark:
        BENCHMARK("alpha")
    threads: clips.threads("alpha")
    resources:
        mem_mb=clips.resource("alpha", "mem_mb"),
        disk_mb=clips.resource("alpha", "disk_mb"),
        runtime=clips.resource("alpha", "runtime"),
        gpu=clips.resource("alpha", "gpu"),
    conda:
        "environment.yml"
    shell:
        STAGE("alpha")


rule homography:
    input:
        frames=RECORD("frames"),
        flow=RECORD("flow"),
        alpha=RECORD("alpha"),
        note=clips.note("homography"),
        code=sources(MODULE("homography")),
    output:
        record=RECORD("homography"),
    params:
        settings=clips.settings("homography"),
        code=fingerprint(MODULE("homography")),
    log:
        LOG("homography"),
    benchmark:
        BENCHMARK("homography")
    threads: clips.threads("homography")
    resources:
        mem_mb=clips.resource("homography", "mem_mb"),
        disk_mb=clips.resource("homography", "disk_mb"),
        runtime=clips.resource("homography", "runtime"),
        gpu=clips.resource("homography", "gpu"),
    conda:
        "environment.yml"
    shell:
        STAGE("homography")


rule preview:
    input:
        frames=RECORD("frames"),
        alpha=RECORD("alpha"),
        homography=RECORD("homography"),
        note=clips.note("preview"),
        code=sources(MODULE("preview")),
    output:
        record=RECORD("preview"),
        video=update("workers/{clip}/preview_position.mp4"),
    params:
        settings=clips.settings("preview"),
        code=fingerprint(MODULE("preview")),
    log:
        LOG("preview"),
    benchmark:
        BENCHMARK("preview")
    threads: clips.threads("preview")
    resources:
        mem_mb=clips.resource("preview", "mem_mb"),
        disk_mb=clips.resource("preview", "disk_mb"),
        runtime=clips.resource("preview", "runtime"),
        gpu=clips.resource("preview", "gpu"),
    conda:
        "environment.yml"
    priority: 1
    shell:
        STAGE("preview")


rule sprites:
    input:
        frames=RECORD("frames"),
        flow=RECORD("flow"),
        alpha=RECORD("alpha"),
        homography=RECORD("homography"),
        note=clips.note("sprites"),
        code=sources(MODULE("sprites")),
    output:
        record=RECORD("sprites"),
    params:
        settings=clips.settings("sprites"),
        code=fingerprint(MODULE("sprites")),
    log:
        LOG("sprites"),
    benchmark:
        BENCHMARK("sprites")
    threads: clips.threads("sprites")
    resources:
        mem_mb=clips.resource("sprites", "mem_mb"),
        disk_mb=clips.resource("sprites", "disk_mb"),
        runtime=clips.resource("sprites", "runtime"),
        gpu=clips.resource("sprites", "gpu"),
    conda:
        "environment.yml"
    shell:
        STAGE("sprites")


rule refine:
    input:
        frames=RECORD("frames"),
        flow=RECORD("flow"),
        alpha=RECORD("alpha"),
        homography=RECORD("homography"),
        sprites=RECORD("sprites"),
        note=clips.note("refine"),
        code=sources(MODULE("refine")),
    output:
        record=RECORD("refine"),
    params:
        settings=clips.settings("refine"),
        code=fingerprint(MODULE("refine")),
    log:
        LOG("refine"),
    benchmark:
        BENCHMARK("refine")
    threads: clips.threads("refine")
    resources:
        mem_mb=clips.resource("refine", "mem_mb"),
        disk_mb=clips.resource("refine", "disk_mb"),
        runtime=clips.resource("refine", "runtime"),
        gpu=clips.resource("refine", "gpu"),
    conda:
        "environment.yml"
    shell:
        STAGE("refine")


rule report:
    input:
        frames=RECORD("frames"),
        alpha=RECORD("alpha"),
        homography=RECORD("homography"),
        sprites=RECORD("sprites"),
        refine=RECORD("refine"),
        note=clips.note("report"),
        code=sources(MODULE("report")),
    output:
        record=RECORD("report"),
    params:
        settings=clips.settings("report"),
        code=fingerprint(MODULE("report")),
    log:
        LOG("report"),
    benchmark:
        BENCHMARK("report")
    threads: clips.threads("report")
    resources:
        mem_mb=clips.resource("report", "mem_mb"),
        disk_mb=clips.resource("report", "disk_mb"),
        runtime=clips.resource("report", "runtime"),
        gpu=clips.resource("report", "gpu"),
    conda:
        "environment.yml"
    shell:
        STAGE("report")


rule video:
    input:
        frames=RECORD("frames"),
        preview=RECORD("preview"),
        refine=RECORD("refine"),
        report=RECORD("report"),
        note=clips.note("video"),
        code=sources(MODULE("video")),
    output:
        record=RECORD("video"),
        video=update("workers/{clip}/vis.mp4"),
    params:
        settings=clips.settings("video"),
        code=fingerprint(MODULE("video")),
    log:
        LOG("video"),
    benchmark:
        BENCHMARK("video")
    threads: clips.threads("video")
    resources:
        mem_mb=clips.resource("video", "mem_mb"),
        disk_mb=clips.resource("video", "disk_mb"),
        runtime=clips.resource("video", "runtime"),
        gpu=clips.resource("video", "gpu"),
    conda:
        "environment.yml"
    shell:
        STAGE("video")


rule export:
    input:
        frames=RECORD("frames"),
        refine=RECORD("refine"),
        others=clips.exported_before(),
        note=clips.export_note(),
        code=lambda wildcards: sources(EXPORT(wildcards.format)),
    output:
        update("workers/{clip}/export/{format}.done"),
    params:
        code=lambda wildcards: fingerprint(EXPORT(wildcards.format)),
    log:
        "workers/{clip}/logs/export.{format}.log",
    benchmark:
        "workers/{clip}/benchmarks/export.{format}.tsv"
    conda:
        "environment.yml"
    shell:
        "python -m toondecompose.cli export workers/{wildcards.clip} {wildcards.format} > {log}"


rule export_all:
    input:
        clips.exports(),
    output:
        touch("workers/{clip}/export/done"),


rule edit:
    input:
        video=RECORD("video"),
        edits=clips.edits(),
        code=sources("toondecompose.commands.edit"),
    output:
        "workers/{clip}/edit.mp4",
    params:
        edits=lambda wildcards, input: input.edits,
        code=fingerprint("toondecompose.commands.edit"),
    log:
        LOG("edit"),
    benchmark:
        BENCHMARK("edit")
    conda:
        "environment.yml"
    shell:
        "python -m toondecompose.cli edit workers/{wildcards.clip} > {log}"


rule inbetween:
    input:
        video=RECORD("video"),
        code=sources("toondecompose.commands.inbetween"),
    output:
        "workers/{clip}/inbetween.mp4",
    params:
        settings=clips.settings("inbetween"),
        code=fingerprint("toondecompose.commands.inbetween"),
    log:
        LOG("inbetween"),
    benchmark:
        BENCHMARK("inbetween")
    conda:
        "environment.yml"
    shell:
        "python -m toondecompose.cli inbetween workers/{wildcards.clip} "
        "--settings {params.settings:q} > {log}"


rule upscale:
    input:
        video=RECORD("video"),
        code=sources("toondecompose.commands.upscale"),
    output:
        "workers/{clip}/upscale.mp4",
    params:
        settings=clips.settings("upscale"),
        code=fingerprint("toondecompose.commands.upscale"),
    log:
        LOG("upscale"),
    benchmark:
        BENCHMARK("upscale")
    threads: clips.threads("upscale")
    conda:
        "environment.yml"
    shell:
        "python -m toondecompose.cli upscale workers/{wildcards.clip} "
        "--settings {params.settings:q} > {log}"


onstart:
    clips.start()


onsuccess:
    clips.say_results()


onerror:
    clips.say_stopped(workflow)
