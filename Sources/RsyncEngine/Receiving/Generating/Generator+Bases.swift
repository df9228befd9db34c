import Glibc
import RsyncOptions
import RsyncWire
import VolumeAccess

extension Generator {
    /// Looks for files that may serve in place of an entry, or as its basis: in alternate directories, what an interrupted
    /// transfer left, and files with similar names (protocol specification, transfer 11.7 to 11.9).
    func findBases(of candidate: inout Candidate) {
        let entry = candidate.entry
        let parent = Array(candidate.list.parent(of: entry))
        if rules.bases.alternates != nil { findAlternates(of: &candidate, parent) }
        guard entry.isRegular else { return }
        if rules.bases.usesPartials, let partial = partial(of: candidate) { candidate.bases.append(partial) }
        if rules.bases.fuzziness > 0, candidate.bases.isEmpty { findSimilar(of: &candidate, parent) }
    }

    /// What an interrupted transfer left of an entry; nil if there is nothing, or it cannot be looked at.
    private func partial(of candidate: Candidate) -> BasisCandidate? {
        guard let directory = candidate.directory else { return nil }
        do throws(VolumeError) {
            guard let place = try sideFiles.partials(of: candidate.leaf, in: directory),
                let status = try place.status(of: candidate.leaf.span), status.isRegular
            else { return nil }
            return BasisCandidate(place: .partial, status: status)
        } catch {
            return nil
        }
    }

    /// Looks up a name in the alternate directories, unless that has been done.
    func findAlternates(of candidate: inout Candidate, _ parent: [UInt8]) {
        guard candidate.bases.isEmpty else { return }
        for number in 0..<sideFiles.alternateCount {
            if let basis = alternate(number, of: candidate, parent) { candidate.bases.append(basis) }
        }
    }

    /// An entry's name in an alternate directory; nil if there is nothing of its type, or it cannot be looked at.
    private func alternate(_ number: Int, of candidate: Candidate, _ parent: [UInt8]) -> BasisCandidate? {
        // The root stands for itself.
        let leaf = candidate.isRoot ? nil : candidate.leaf
        do throws(VolumeError) {
            guard let directory = sideFiles.alternate(number, parent),
                let status = try candidate.isRoot ? directory.status() : directory.status(of: candidate.leaf.span),
                status.isSameType(as: candidate.entry),
                leaf.map({ !sideFiles.hides($0, parent, alternate: number) }) ?? true
            else { return nil }
            var basis = BasisCandidate(place: .alternate(number), status: status)
            basis.metadata = try metadata(of: candidate, comparedWith: leaf, status, in: directory)
            if rules.readsContent(of: status, for: candidate.entry) {
                basis.content = try content(of: candidate.leaf, in: directory, comparedWith: candidate)
            }
            return basis
        } catch {
            return nil
        }
    }

    private func findSimilar(of candidate: inout Candidate, _ parent: [UInt8]) {
        guard rules.wantsDelta, candidate.current.map({ !$0.isRegular }) ?? true, candidate.entry.size > 0 else {
            return
        }
        var directories = [candidate.directory]
        if rules.bases.fuzziness > 1 {
            for number in 0..<sideFiles.alternateCount { directories.append(sideFiles.alternate(number, parent)) }
        }
        let best = fuzzyNames.best(for: candidate.entry, candidate.leaf, in: directories) { number, name in
            number > 0
                ? sideFiles.hides(name, parent, alternate: number - 1) : hidden?.hides(name, below: parent) ?? false
        }
        guard let best else { return }
        let place: BasisPlace =
            best.directory == 0 ? .fuzzy(best.name) : .fuzzyAlternate(best.directory - 1, best.name)
        candidate.bases.append(BasisCandidate(place: place, status: best.status))
        guard state.options.output.debugLevel(.fuzzy) > 0 else { return }
        state.inform("fuzzy basis selected for ", candidate.name + Array(": ".utf8) + best.name)
    }
}
