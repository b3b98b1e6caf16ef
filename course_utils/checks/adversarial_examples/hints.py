"""Hints for lab 08, shown one at a time: each is a question, none is an answer."""

HINTS = {
    "input-gradient": [
        "autograd follows tensors with requires_grad=True. Which tensor must have it here, and may it be the caller's?",
        "Which reduction of cross_entropy keeps a picture's gradient the same, whoever stands beside it in the batch?",
        "torch.autograd.grad(loss, x) returns a tuple. What does it leave untouched that loss.backward() fills?",
        "Note model.training before you call eval(). What do you do with the note at the end?",
    ],
    "fgsm": [
        "The loss grows along its gradient. Which part of the gradient do you keep if each pixel may move by eps?",
        "For a target class the loss should become smaller. What changes in your step?",
        "What may happen to a pixel that is 0.99 already?",
    ],
    "budget-units": [
        "Take two pixels that differ by eps. What is their difference after (x - mean) / std?",
        "How many numbers has the picture in all, and what is the square of each one's change?",
        "A file stores whole numbers from 0 to 255. Which of them is 1.0?",
    ],
    "control-experiment": [
        "Which numbers did the table above print? Copy them, rounded to two or three decimals.",
        "Compare two rows of the same size of noise. What is the only difference?",
    ],
    "pgd": [
        "Start from x. Where is the gradient taken in the second step?",
        "After each step: how far may the picture be from x, and which function limits a tensor to a range?",
        "Two limits apply, the budget around x and the range of pixels. Which picture is the middle of the first one?",
    ],
    "universal-perturbation": [
        "Start from a noise of zeros, (1, C, H, W). Which labels does the model give to the clean pictures of a batch?",
        "Each picture of a batch, with the noise in it, has a gradient. What is the gradient by the noise they share?",
        "Take small steps, such as eps / 4, in batches of about 50. How is the noise kept in its budget?",
    ],
    "fooling-image": [
        "Start from torch.rand(1, 3, 32, 32, generator=rng). Which label do you pass to your gradient?",
        "Should the target's loss become smaller or larger? Choose steps of about 0.02 with the sign.",
        "When is the confidence computed, before or after the last step?",
    ],
    "meaning": [
        "Read section 4 again: what do the two rows share, and in what do they differ?",
        "What would softmax give for a picture of nothing? Must its numbers add up to 1?",
    ],
    "adversarial-training": [
        "For each batch: which pictures would an attacker make from it, with the network as it is now?",
        "Which of the two should the loss count, the clean pictures, the attacked ones, or both?",
    ],
}
