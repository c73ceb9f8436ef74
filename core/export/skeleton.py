"""The fixed text of an exported script: what it is made of besides the experiment's own values and classes."""

HEADER = '''\
"""Train a network whose param groups have optimizers and learning rates of their own.

It needs torch and torchvision only:

    python train.py --data-dir data --save result.pt

In several processes, on GPUs or CPUs, with the same batches shared among them{shares}:

    torchrun --nproc-per-node 2 train.py --data-dir data --save result.pt
"""'''
NORM_SHARES = "\n(normalisation over a batch then sees each process's share of it)"

PROCESSES = """\
# torchrun tells each process who it is.
DISTRIBUTED = "RANK" in os.environ and "WORLD_SIZE" in os.environ
RANK = int(os.environ["RANK"]) if DISTRIBUTED else 0
WORLD_SIZE = int(os.environ["WORLD_SIZE"]) if DISTRIBUTED else 1
LOCAL_RANK = int(os.environ.get("LOCAL_RANK", RANK)) if DISTRIBUTED else 0

# The same numbers at every run: docs.pytorch.org/docs/stable/notes/randomness.html
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
torch.backends.cudnn.deterministic = True
torch.backends.cudnn.benchmark = False"""

GROUPS = """\
Groups = list[dict[str, Any]]

# The param groups of each optimizer. "params" are names: of modules, for all their
# parameters, or of single parameters."""

EVALUATE = '''\
@torch.no_grad()
def evaluate(network: nn.Module, images: Tensor, labels: Tensor) -> tuple[float, float]:
    """Mean loss and accuracy; every process takes its share of the images."""
    network.eval()
    total = torch.zeros(2, device=labels.device)
    for start in range(0, len(labels), EVAL_BATCH_SIZE):
        share = slice(start + RANK, start + EVAL_BATCH_SIZE, WORLD_SIZE)
        outputs = network({inputs})
        loss = cross_entropy(outputs, labels[share], reduction="sum")
        right = (outputs.argmax(dim=1) == labels[share]).sum()
        total += torch.stack([loss, right.float()])
    if DISTRIBUTED:
        distributed.all_reduce(total)
    loss_sum, right_sum = total.tolist()
    return loss_sum / len(labels), right_sum / len(labels)'''

ARGUMENTS = """\
def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add = parser.add_argument
    add("--data-dir", default="data", help="{data_help}")
    add("--epochs", type=int, default=EPOCHS)
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--save", metavar="FILE", help="for the final weights and every step's loss")
    arguments = parser.parse_args()
    if arguments.epochs < 1:
        parser.error("--epochs takes a number from 1")
    return arguments"""

MAIN = """\
def main() -> None:
    arguments = parse_arguments()
    device = join_processes(arguments.device)
    torch.manual_seed(SEED)
{layout}    model = build_model().to({place})
    optimizers = build_optimizers(model)
    data = load_data(arguments.data_dir)
    images, test_images = (part.to({place}) for part in data[::2])
    labels, test_labels = (part.to(device) for part in data[1::2])
    if DISTRIBUTED:
        torch.manual_seed(SEED + RANK)  # dropout of its own in each process
    generator = torch.Generator().manual_seed(SEED)
    losses: list[Tensor] = []
{before}    for epoch in range(arguments.epochs):
{begin}        order = torch.randperm(TRAIN_SIZE, generator=generator).to(device)
        for start in range(0, TRAIN_SIZE - BATCH_SIZE + 1, BATCH_SIZE):
            batch = order[start + RANK : start + BATCH_SIZE : WORLD_SIZE]
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss = cross_entropy(network({inputs}), labels[batch])
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
{after}            losses.append(loss.detach())
        test_loss, accuracy = evaluate(network, test_images, test_labels)
        if RANK == 0:
            print(f"epoch {{epoch + 1}}: loss {{test_loss:.4f}}, accuracy {{accuracy:.2%}}")
    every_loss = torch.stack(losses)
    if DISTRIBUTED:
        distributed.all_reduce(every_loss)
        every_loss /= WORLD_SIZE
    if RANK == 0 and arguments.save:
        result = {{"model": model.state_dict(), "losses": every_loss.tolist()}}
        torch.save(result, arguments.save)
    if DISTRIBUTED:
        distributed.barrier()
        distributed.destroy_process_group()


if __name__ == "__main__":
    main()"""

LAYOUT = """\
    is_cpu = device.type == "cpu"  # where convolutions are faster in channels_last
    layout = torch.channels_last if is_cpu else torch.contiguous_format
"""
WRAP = "network = DistributedDataParallel(model) if DISTRIBUTED else model\n"
WRAP_AGAIN = """\
        if DISTRIBUTED and epoch in {epochs}:
            # Made anew where groups start: it looks at requires_grad only once.
            network = DistributedDataParallel(model)
"""
SCHEDULERS_STEP = """\
            for scheduler in schedulers:
                scheduler.step()
"""
SCHEDULERS_BEGIN = """\
        steps_left = (arguments.epochs - epoch) * (TRAIN_SIZE // BATCH_SIZE)
        schedulers += build_schedulers(optimizers, epoch, steps_left)
"""
